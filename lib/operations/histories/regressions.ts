import "server-only";
import type { HistoryDrawn, ServiceDrawn } from "./history-schema.ts";

export const plain: ServiceDrawn = {
  kind: "long",
  replicas: 2,
  onFailure: "pause",
  parallelism: 1,
  isStartFirst: false,
  isChecked: false,
  isInStack: false,
  startSeconds: 1,
  stopSeconds: 0.5,
  secrets: [0],
};
export const rotate = {
  verb: "rotate",
  secret: 0,
  isGroup: false,
  order: "canary",
  staysValid: true,
  keepSeconds: 0,
  isEmergency: false,
  isTicked: false,
  value: "generated",
} as const;
export const bare = {
  secrets: { hasOlder: false, olderUsers: 0, hasForeign: false },
  nodes: 1,
  ambush: null,
  answers: [],
};
const nextWrite = { calls: 0, isWrite: true } as const;

/** Histories that once broke a promise, as small as they could be made. They are played in every run. */
export const regressions: readonly { was: string; history: HistoryDrawn }[] = [
  {
    was: "R17: an undo cut off the Swarm's rollback of another hand's deploy",
    history: {
      ...bare,
      services: [{ ...plain, onFailure: "rollback" }],
      first: rotate,
      acts: [{ afterSeconds: 0, before: { calls: 0, isWrite: false }, happening: { hand: "break", service: 0 } }],
    },
  },
  {
    was: "R14: an operation ended over a removal that was refused and then held, without a word of it",
    history: {
      ...bare,
      services: [
        { ...plain, kind: "job", replicas: 0 },
        { ...plain, replicas: 4 },
      ],
      secrets: { hasOlder: true, olderUsers: 1, hasForeign: false },
      first: rotate,
      acts: [{ afterSeconds: 0, before: { calls: 1, isWrite: true }, happening: { hand: "newcomer", secret: 1 } }],
    },
  },
  {
    was: "R14: a fence whose answer was lost was sent again under another intent, and the first was forgotten",
    history: {
      ...bare,
      services: [
        { ...plain, replicas: 4 },
        { ...plain, isStartFirst: true, startSeconds: 4, stopSeconds: 40, secrets: [1] },
        { ...plain, kind: "ends", replicas: 0 },
      ],
      secrets: { hasOlder: true, olderUsers: 0, hasForeign: false },
      first: { ...rotate, isGroup: true, isEmergency: true },
      acts: [
        { afterSeconds: 40, before: nextWrite, happening: { fault: "refuse", times: 9 } },
        { afterSeconds: 0, before: nextWrite, happening: { fault: "no-leader", seconds: 23 } },
      ],
    },
  },
  {
    was: "R12: a service made with the old version while a person stopped the operation was not named at its end",
    history: {
      ...bare,
      services: [plain],
      first: { ...rotate, keepSeconds: 3600 },
      acts: [
        { afterSeconds: 0, before: null, happening: { hand: "newcomer", secret: 0 } },
        { afterSeconds: 0, before: null, happening: { person: "stop" } },
      ],
    },
  },
  {
    was: "R3: what a stack was deployed with was removed after the Swarm had rolled that deploy back",
    history: {
      ...bare,
      services: [{ ...plain, replicas: 3, onFailure: "rollback", isInStack: true }],
      first: rotate,
      acts: [
        { afterSeconds: 40, before: nextWrite, happening: { hand: "break", service: 0 } },
        { afterSeconds: 0, before: null, happening: rotate },
      ],
    },
  },
  {
    was: "R14: an undo without an answer that another hand had taken back was written down as not applied",
    history: {
      ...bare,
      services: [
        { ...plain, replicas: 0 },
        { ...plain, replicas: 1 },
      ],
      first: { ...rotate, order: "one-by-one" },
      acts: [
        { afterSeconds: 0, before: { calls: 1, isWrite: true }, happening: { fault: "no-database", seconds: 1 } },
        { afterSeconds: 1, before: null, happening: { hand: "newcomer", secret: 0 } },
        { afterSeconds: 20, before: null, happening: { person: "undo" } },
        { afterSeconds: 0, before: null, happening: { hand: "roll-back", service: 2 } },
      ],
    },
  },
  {
    was: "R17: an undo that was tried again cut off what another hand had rolled back after its first try",
    history: {
      ...bare,
      secrets: { hasOlder: true, olderUsers: 0, hasForeign: false },
      services: [
        { ...plain, replicas: 0 },
        { ...plain, kind: "global", replicas: 0, onFailure: "continue" },
        { ...plain, replicas: 0 },
        { ...plain, replicas: 0 },
      ],
      first: { verb: "roll-back", secret: 0, staysValid: true },
      acts: [
        { afterSeconds: 0, before: null, happening: { hand: "break", service: 5 } },
        { afterSeconds: 20, before: null, happening: { hand: "roll-back", service: 5 } },
      ],
      answers: ["try-again"],
    },
  },
  {
    was: "R12: a move that the Swarm had rolled back, and whose traces another hand's update took away, was called not applied",
    history: {
      ...bare,
      services: [{ ...plain, kind: "ends", replicas: 0, onFailure: "rollback", secrets: [1] }],
      first: { verb: "retire", secret: 0, isConfirmed: false },
      acts: [
        { afterSeconds: 0, before: { calls: 1, isWrite: false }, happening: { fault: "refuse", times: 4 } },
        {
          afterSeconds: 0,
          before: { calls: 0, isWrite: false },
          happening: { ...rotate, secret: 1, isTicked: true },
        },
        { afterSeconds: 5, before: { calls: 1, isWrite: true }, happening: { fault: "no-database", seconds: 1 } },
        { afterSeconds: 10, before: { calls: 8, isWrite: false }, happening: { hand: "scale", service: 0, to: 0 } },
      ],
    },
  },
  {
    was: "R3: what a stack was deployed with was removed after somebody had rolled its service back",
    history: {
      ...bare,
      secrets: { hasOlder: true, olderUsers: 1, hasForeign: false },
      services: [
        { ...plain, replicas: 3, isInStack: true },
        { ...plain, replicas: 0, isInStack: true },
      ],
      first: { verb: "put-back", secret: 0, service: 0 },
      acts: [
        { afterSeconds: 0, before: { calls: 0, isWrite: false }, happening: { person: "undo" } },
        { afterSeconds: 0, before: nextWrite, happening: { hand: "roll-back", service: 0 } },
        { afterSeconds: 40, before: null, happening: rotate },
      ],
    },
  },
  {
    was: "R12: a planned service to which another hand had given a further secret of the group was not named at the end",
    history: {
      ...bare,
      services: [
        { ...plain, replicas: 0, isInStack: true, secrets: [0, 1] },
        { ...plain, replicas: 0 },
      ],
      first: { verb: "revoke", secret: 0, service: 0 },
      acts: [
        { afterSeconds: 0, before: nextWrite, happening: { hand: "deploy", service: 0 } },
        { afterSeconds: 0, before: nextWrite, happening: { ...rotate, isGroup: true } },
      ],
    },
  },
  {
    was: "R8: undone, when the Swarm was still about to roll the undo of a service that runs to its end back",
    history: {
      ...bare,
      services: [
        { ...plain, kind: "ends", replicas: 0, onFailure: "rollback", startSeconds: 4 },
        { ...plain, kind: "ends", replicas: 0, onFailure: "rollback" },
        { ...plain, replicas: 0 },
      ],
      first: { ...rotate, order: "together", isTicked: true },
      acts: [{ afterSeconds: 5, before: null, happening: { fault: "stall", seconds: 6, after: 14 } }],
    },
  },
  {
    was: "R16: what a real Postgres took from one who died in that moment counted as written down later (the judge's error)",
    history: {
      ...bare,
      services: [
        { ...plain, kind: "ends", replicas: 4, onFailure: "rollback", parallelism: 0, isChecked: true, secrets: [] },
        { ...plain, kind: "job", replicas: 0, isInStack: true, isChecked: true },
      ],
      secrets: { hasOlder: true, olderUsers: 2, hasForeign: false },
      ambush: { before: nextWrite, deed: { fault: "die", moment: "on-the-way", after: 30 } },
      first: { ...rotate, secret: 5, isGroup: true, order: "one-by-one", staysValid: false },
      acts: [{ afterSeconds: 0, before: { calls: 10, isWrite: false }, happening: { person: "lose-role" } }],
    },
  },
];

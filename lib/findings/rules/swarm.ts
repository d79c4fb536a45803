import "server-only";
import { finding, type Rule, sentence } from "../input.ts";

/** What is left may still be a quorum, or just one: with one manager less nothing could be changed any more. */
export const managerLost: Rule = ({ snapshot }) => {
  const managers = [...snapshot.nodes.values()].filter(({ role }) => role === "manager");
  const lost = managers.filter(({ isReachable }) => !isReachable);
  const quorum = Math.floor(managers.length / 2) + 1;
  const isLast = managers.length - lost.length <= quorum;
  const then = isLast ? ": one more, and nothing can be changed" : "";
  return lost.map(({ hostname }) =>
    finding({
      rule: "manager-lost",
      severity: isLast ? "now" : "soon",
      parts: [...sentence`The manager ${hostname} is not reachable`, { text: then, isName: false }],
      hint: "Bring its engine back. If it is gone for good, promote another node, then `docker node demote` and `docker node rm` this one.",
    }),
  );
};

export const oneManager: Rule = ({ snapshot }) => {
  const managers = [...snapshot.nodes.values()].filter(({ role }) => role === "manager");
  if (managers.length !== 1) return [];
  return [
    finding({
      rule: "one-manager",
      severity: "note",
      parts: sentence`The Swarm has one manager: if it is lost, so are all secrets`,
      hint: "Promote two more nodes: `docker node promote <node>`. Keep a backup of /var/lib/docker/swarm.",
    }),
  ];
};

export const noAutolock: Rule = ({ snapshot }) => {
  if (!snapshot.cluster || snapshot.cluster.isAutolocked) return [];
  return [
    finding({
      rule: "no-autolock",
      severity: "note",
      parts: sentence`Autolock is off: whoever copies the disk of a manager reads every secret`,
      hint: "Run `docker swarm update --autolock=true`, and keep the unlock key away from the managers.",
    }),
  ];
};

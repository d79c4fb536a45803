import "server-only";
import fc from "fast-check";

/** A history as it is drawn, shrunk and kept: small numbers that are read against whatever the world then holds. */

const index = fc.nat(5);

const service = fc.record({
  kind: fc.constantFrom("long", "long", "long", "global", "ends", "job"),
  replicas: fc.constantFrom(0, 1, 2, 2, 3, 4),
  onFailure: fc.constantFrom("pause", "pause", "rollback", "continue"),
  parallelism: fc.constantFrom(1, 1, 2, 0),
  isStartFirst: fc.boolean(),
  isChecked: fc.boolean(),
  isInStack: fc.boolean(),
  startSeconds: fc.constantFrom(1, 2, 4),
  stopSeconds: fc.constantFrom(0.5, 0.5, 40),
  /** Which secrets it names, and whether one of them twice. */
  secrets: fc.constantFrom<number[]>([0], [0], [0], [1], [0, 1], [0, 0], []),
});

const secrets = fc.record({
  /** The first secret has an older version that some services still name. */
  hasOlder: fc.boolean(),
  olderUsers: fc.nat(3),
  hasForeign: fc.boolean(),
});

const ordinary = ["generated", "generated", "typed", "shown", "source", "lost-source"] as const;
const value = fc.constantFrom(...ordinary);
/** Set at another side by a rotator: of two logins by turns, of the only one, or beside the old one until that is not needed. */
const rotated = ["rotator", "rotator-one", "rotator-beside"] as const;
export type RotatedDrawn = (typeof rotated)[number];
const rotatedToo = fc.constantFrom(...ordinary, ...ordinary, ...rotated);

const start = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      verb: fc.constantFrom("rotate" as const),
      secret: index,
      isGroup: fc.boolean(),
      order: fc.constantFrom("canary", "together", "one-by-one"),
      staysValid: fc.constantFrom(true, true, false),
      keepSeconds: fc.constantFrom(0, 60, 3600),
      isEmergency: fc.constantFrom(false, false, false, true),
      isTicked: fc.boolean(),
      value: rotatedToo,
    }),
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("create" as const), service: index, value }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("grant" as const), secret: index, service: index }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("revoke" as const), secret: index, service: index }) },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constant("roll-back" as const), secret: index, staysValid: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constant("move-rest" as const), secret: index, staysValid: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("put-back" as const), secret: index, service: index }) },
  {
    weight: 2,
    arbitrary: fc.record({ verb: fc.constant("retire" as const), secret: index, isConfirmed: fc.boolean() }),
  },
);

const hand = fc.oneof(
  fc.record({ hand: fc.constantFrom("edit", "label", "deploy", "roll-back", "remove", "break"), service: index }),
  fc.record({ hand: fc.constant("scale" as const), service: index, to: fc.nat(4) }),
  fc.record({ hand: fc.constant("newcomer" as const), secret: index }),
  fc.record({ hand: fc.constant("take-name" as const), secret: index }),
);

const death = fc.record({
  fault: fc.constant("die" as const),
  moment: fc.constantFrom("before", "after", "on-the-way"),
  after: fc.nat(30),
});
const lostAnswer = fc.record({
  fault: fc.constant("lose-answer" as const),
  arrives: fc.constantFrom("now", "late", "never"),
  after: fc.nat(4),
});
const stall = fc.record({
  fault: fc.constant("stall" as const),
  seconds: fc.integer({ min: 5, max: 45 }),
  after: fc.nat(20),
});

const fault = fc.oneof(
  death,
  lostAnswer,
  fc.record({ fault: fc.constant("refuse" as const), times: fc.integer({ min: 1, max: 25 }) }),
  fc.record({ fault: fc.constant("no-leader" as const), seconds: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ fault: fc.constant("no-database" as const), seconds: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ fault: fc.constant("stale" as const), after: fc.nat(10) }),
  fc.record({ fault: fc.constant("node" as const), node: fc.nat(2), seconds: fc.constantFrom(5, 40, 900) }),
  fc.record({ fault: fc.constant("fail" as const), service: index, afterSeconds: fc.constantFrom(0, 1, 3, 8) }),
  fc.record({ fault: fc.constant("slow" as const), service: index, seconds: fc.constantFrom(30, 700) }),
  stall,
  fc.record({ fault: fc.constant("other-swarm" as const), seconds: fc.integer({ min: 5, max: 60 }) }),
  fc.record({
    fault: fc.constant("other-side" as const),
    reason: fc.constantFrom("unreachable" as const, "unreachable" as const, "failing" as const, "forbidden" as const),
    seconds: fc.integer({ min: 1, max: 60 }),
  }),
);

const person = fc.record({ person: fc.constantFrom("stop", "undo", "lose-role", "pause-automation") });

const happening = fc.oneof(
  { weight: 4, arbitrary: start },
  { weight: 4, arbitrary: hand },
  { weight: 5, arbitrary: fault },
  { weight: 2, arbitrary: person },
);
export type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;
export type Start = Extract<Happening, { verb: string }>;
export type Hand = Extract<Happening, { hand: string }>;
export type Fault = Extract<Happening, { fault: string }>;
export type ServiceDrawn = typeof service extends fc.Arbitrary<infer T> ? T : never;

/** Not at once, but just before the executor's so-manyth call from then on, or its so-manyth that changes something. */
const nextCalls = fc.record({ calls: fc.nat(12), isWrite: fc.constant(false) });
const nextWrites = fc.record({ calls: fc.nat(2), isWrite: fc.constant(true) });

export const historyArbitrary = fc.record({
  services: fc.array(service, { minLength: 1, maxLength: 4 }),
  secrets,
  nodes: fc.integer({ min: 1, max: 3 }),
  /** What lies in wait from the beginning: all that the first start does at once is done before anything else happens. */
  ambush: fc.option(
    fc.record({
      before: fc.oneof(nextCalls, nextWrites, nextWrites),
      deed: fc.oneof(death, lostAnswer, stall, fault, hand),
    }),
    { freq: 2 },
  ),
  first: start,
  acts: fc.array(
    fc.record({
      afterSeconds: fc.constantFrom(0, 0, 1, 2, 5, 10, 20, 40),
      before: fc.oneof(fc.constant(null), nextCalls, nextWrites),
      happening,
    }),
    { maxLength: 7 },
  ),
  /** What a person answers when she is asked. */
  answers: fc.array(fc.constantFrom("try-again", "undo", "accept"), { maxLength: 3 }),
});
export type HistoryDrawn = typeof historyArbitrary extends fc.Arbitrary<infer T> ? T : never;

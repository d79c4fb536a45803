import "server-only";
import { z } from "zod";
import { operationKinds, roles } from "#lib/policy/schema.ts";
import { longestVersionId } from "#lib/sources/schema.ts";
import type { EventDetail, NewEvent } from "./schema.ts";

/** The closed union again, for what the compiler cannot see: a field that is not named here cannot be written. */

const id = z.string().max(128);
const name = z.string().max(256);
const text = z.string().transform((words) => words.slice(0, 500));
const versionId = z.string().max(longestVersionId);
const named = z.strictObject({ id, name });
const names = z.array(named).max(2000);
/** What others wrote is cut, in length and in number: no line is refused for how it was meant elsewhere. */
const foreign = (longest: number) => z.string().transform((words) => words.slice(0, longest));
const upTo = <T extends z.ZodType>(item: T, most: number) => z.array(item).transform((list) => list.slice(0, most));
const whole = z.number().int().nonnegative();
const labelKeys = upTo(foreign(256), 200);
const role = z.enum(roles);
const kind = z.enum(operationKinds);
const outcome = z.enum(["done", "done-left-out", "undone", "stopped-mixed", "failed-nothing-changed", "accepted"]);

const change = z.strictObject({
  change: z.enum(["replaced", "added", "removed", "file-set"]),
  fromFile: z.strictObject({ uid: foreign(256), gid: foreign(256), mode: whole }).optional(),
  target: foreign(4096),
  fromObjectId: id.nullable(),
  fromObjectName: name.nullable(),
  toObjectId: id.nullable(),
  toObjectName: name.nullable(),
  uid: foreign(256),
  gid: foreign(256),
  mode: whole,
});
const changes = upTo(change, 2000);

const call = z.discriminatedUnion("call", [
  z.strictObject({ call: z.literal("secret.create"), objectName: name, secret: named, version: whole, labelKeys }),
  z.strictObject({
    call: z.literal("service.update"),
    service: named,
    changes,
    versionIndex: whole,
    why: z.enum(["move", "undo", "release", "fence"]),
  }),
  z.strictObject({ call: z.literal("secret.remove"), objectId: id, objectName: name, secret: named, version: whole }),
  z.strictObject({ call: z.literal("rotator.set"), rotator: named, login: name.nullable() }),
  z.strictObject({
    call: z.literal("rotator.finish"),
    rotator: named,
    login: name.nullable(),
    locks: name.nullable().optional(),
  }),
]);

/** Where the value of a version is read. */
const from = z.strictObject({ source: name, path: text, version: versionId.nullable() });

const detail = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("operation.intended"),
    kind,
    secrets: names,
    services: names,
    versions: z.array(z.strictObject({ name, objectName: name, from: from.optional() })).max(2000),
    reason: text.nullable(),
    sets: z
      .array(z.strictObject({ rotator: named, login: name.nullable() }))
      .max(200)
      .optional(),
    settings: z.array(z.strictObject({ name, before: text.nullable(), after: text.nullable() })).optional(),
  }),
  z.strictObject({ type: z.literal("call.intended"), step: name, attempt: whole, call }),
  z.strictObject({
    type: z.literal("call.ended"),
    step: name,
    attempt: whole,
    call,
    result: z.enum(["applied", "not-applied", "unknown"]),
    seen: text.nullable(),
    objectId: id.nullable(),
  }),
  z.strictObject({ type: z.literal("operation.stop-requested"), secrets: names }),
  z.strictObject({ type: z.literal("operation.undo-requested"), secrets: names }),
  z.strictObject({ type: z.literal("operation.undo-began"), secrets: names, because: text }),
  z.strictObject({ type: z.literal("operation.needs-attention"), secrets: names, because: text }),
  z.strictObject({
    type: z.literal("operation.waited"),
    secrets: names,
    because: text,
    seconds: z.number().nonnegative().transform(Math.round),
  }),
  z.strictObject({ type: z.literal("operation.taken-up"), secrets: names }),
  z.strictObject({ type: z.literal("operation.started-over"), secrets: names, because: text }),
  z.strictObject({ type: z.literal("operation.decided"), secrets: names, choice: name }),
  z.strictObject({
    type: z.literal("operation.ended"),
    kind,
    outcome,
    secrets: names,
    services: names,
    leftOut: names,
    seconds: z.number().nonnegative().transform(Math.round),
    verification: z.enum(["verified", "running-not-verified", "unverified-asleep"]).optional(),
  }),
  z.strictObject({ type: z.literal("retirement.requested"), secret: named, version: whole, objectName: name }),
  z.strictObject({ type: z.literal("retirement.taken-back"), secret: named, version: whole, objectName: name }),
  z.strictObject({ type: z.literal("permit.denied"), action: name, secrets: names, what: text }),
  z.strictObject({
    type: z.literal("value.compared"),
    secret: named,
    answer: z.enum(["equal", "different", "unknown"]),
  }),
  z.strictObject({ type: z.literal("session.signed-in") }),
  z.strictObject({
    type: z.literal("session.sign-in-refused"),
    account: z.string().transform((words) => words.slice(0, 254)),
    because: z.enum(["wrong", "throttled", "disabled"]),
  }),
  z.strictObject({ type: z.literal("session.signed-out") }),
  z.strictObject({ type: z.literal("session.revoked"), personId: id, personName: name, sessionId: id }),
  z.strictObject({ type: z.literal("person.set-up"), person: named }),
  z.strictObject({ type: z.literal("person.invited"), email: name, role }),
  z.strictObject({ type: z.literal("person.invitation-withdrawn"), email: name, role }),
  z.strictObject({ type: z.literal("person.joined"), person: named, role }),
  z.strictObject({ type: z.literal("person.role-changed"), person: named, before: role, after: role }),
  z.strictObject({ type: z.literal("person.disabled"), person: named }),
  z.strictObject({ type: z.literal("person.enabled"), person: named }),
  z.strictObject({ type: z.literal("person.password-changed"), person: named }),
  z.strictObject({ type: z.literal("person.password-link-made"), person: named }),
  z.strictObject({ type: z.literal("person.reset-at-terminal"), person: named }),
  z.strictObject({ type: z.literal("setting.changed"), name, before: text, after: text }),
  z.strictObject({
    type: z.enum(["source.added", "source.changed", "source.removed"]),
    source: named,
    what: text,
  }),
  z.strictObject({ type: z.literal("source.webhook-key-changed"), source: named }),
  z.strictObject({
    type: z.literal("secret.bound"),
    secret: named,
    source: named,
    path: text,
    mode: name,
    agreesWith: versionId.nullable(),
  }),
  z.strictObject({ type: z.literal("secret.unbound"), secret: named, source: named, path: text }),
  z.strictObject({
    type: z.enum(["rotator.added", "rotator.changed", "rotator.removed"]),
    rotator: named,
    what: text,
  }),
  z.strictObject({ type: z.literal("secret.attached"), secret: named, rotator: named, login: name.nullable() }),
  z.strictObject({ type: z.literal("secret.detached"), secret: named, rotator: named }),
  z.strictObject({ type: z.literal("import.started"), importId: id, source: named, count: whole, mode: name }),
  z.strictObject({ type: z.enum(["import.retried", "import.stopped"]), importId: id, source: named, count: whole }),
  z.strictObject({ type: z.literal("automation.paused"), reason: text.nullable() }),
  z.strictObject({ type: z.literal("automation.resumed") }),
  z.strictObject({
    type: z.literal("outside.secret-created"),
    objectId: id,
    objectName: name,
    versionIndex: whole,
  }),
  z.strictObject({ type: z.literal("outside.secret-removed"), objectId: id, objectName: name }),
  z.strictObject({
    type: z.literal("outside.secret-relabelled"),
    objectId: id,
    objectName: name,
    versionIndex: whole,
    labelKeys,
  }),
  z.strictObject({ type: z.literal("outside.references-changed"), service: named, versionIndex: whole, changes }),
  z.strictObject({ type: z.literal("swarm.rolled-back"), service: named, versionIndex: whole, changes }),
  z.strictObject({ type: z.literal("swarm.recognised"), clusterId: id, before: id.nullable() }),
  z.strictObject({ type: z.literal("audit.verified"), upTo: whole, isConsistent: z.boolean() }),
  z.strictObject({ type: z.literal("audit.exported"), count: whole, filter: text }),
]);

const agent = z
  .string()
  .transform((words) => words.slice(0, 300))
  .nullable();

const actor = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("person"),
    personId: id,
    name,
    sessionId: id.nullable(),
    address: name.nullable(),
    userAgent: agent,
  }),
  z.strictObject({ type: z.literal("schedule"), setBy: name }),
  z.strictObject({ type: z.literal("system") }),
  z.strictObject({ type: z.literal("outside") }),
  z.strictObject({ type: z.literal("swarm") }),
  z.strictObject({ type: z.literal("stranger"), address: name.nullable(), userAgent: agent }),
]);

export const newEvent = z.strictObject({
  actor,
  clusterId: id.nullable(),
  operationId: id.nullable(),
  detail,
});

/** The compiler's half of the promise: a type that is missing here, or one too many, does not compile. */
type Both<A extends B, B> = A;
export type Agreement = [
  Both<EventDetail["type"], z.output<typeof detail>["type"]>,
  Both<z.output<typeof detail>["type"], EventDetail["type"]>,
  Both<NewEvent, z.input<typeof newEvent>>,
];

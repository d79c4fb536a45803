import "server-only";
import type { EventActor, NewEvent, SwarmCall } from "./schema.ts";

/** Events for tests, the sandbox and the gallery. */

export const sampleActor: EventActor = {
  type: "person",
  personId: "person-1",
  name: "ops.one",
  sessionId: "session-1",
  address: "192.0.2.7",
  userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
};

/** A rotation that somebody began. */
export function sampleEvent(secretName = "db_password", given: Partial<NewEvent> = {}): NewEvent {
  return {
    actor: sampleActor,
    clusterId: "cluster-1",
    operationId: null,
    detail: {
      type: "operation.intended",
      kind: "rotate",
      secrets: [{ id: `id-of-${secretName}`, name: secretName }],
      services: [{ id: "service-1", name: "shop_api" }],
      versions: [{ name: secretName, objectName: `${secretName}_v8` }],
      reason: null,
    },
    ...given,
  };
}

/** A service that is moved from one version to the next. */
export const sampleCall: Extract<SwarmCall, { call: "service.update" }> = {
  call: "service.update",
  service: { id: "x1", name: "shop_api" },
  changes: [
    {
      change: "replaced",
      target: "password",
      uid: "0",
      gid: "0",
      mode: 0o444,
      fromObjectId: "o7",
      fromObjectName: "db_password_v7",
      toObjectId: "o8",
      toObjectName: "db_password_v8",
    },
  ],
  versionIndex: 7,
  why: "move",
};

/** What only a thief with the owner's rights can do: the triggers off, the deed, the triggers on again. */
export function tampering(sql: string): string {
  const names = ["skep_audit_receive", "skep_audit_seal", "skep_audit_keep", "skep_audit_keep_all"];
  const on = names.map((name) => `ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER ${name}`).join("; ");
  return `BEGIN; ALTER TABLE "AuditEvent" DISABLE TRIGGER USER; ${sql}; ${on}; COMMIT`;
}

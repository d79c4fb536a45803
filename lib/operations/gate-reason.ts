import "server-only";

/** Why Skep cannot make a service forget its previous spec now; null when it can. */
export type Releasability = { notReleasable: "runs-to-end" | "busy" | "rolled-back" | null };

/** R3: what keeps a version in the Swarm. `gate-text.ts` has the words. */
export type GateReason =
  | { reason: "named"; serviceId: string; serviceName: string }
  | ({ reason: "previous-spec"; serviceId: string; serviceName: string } & Releasability)
  | { reason: "task"; tasks: number; nodeName: string | null; isNodeDown: boolean }
  | { reason: "volume"; volumeName: string }
  | { reason: "operation"; operationId: string }
  | { reason: "kept"; until: string }
  | { reason: "stack"; stack: string; objectName: string; version: number | null };

import "server-only";
import { type Fields, objectAt, requireFields, requireList, requireText, textAt, wordAt } from "./fields.ts";
import type { ClusterObject, NodeObject } from "./schema.ts";

/** From `/swarm` and `/version`. The join tokens beside it are left where they are. */
export function readCluster(swarm: unknown, version: unknown): ClusterObject {
  const fields = requireFields(swarm);
  const spec = objectAt(fields, "Spec");
  return {
    id: requireText(fields, "ID"),
    name: textAt(spec, "Name"),
    isAutolocked: objectAt(spec, "EncryptionConfig").AutoLockManagers === true,
    engineVersion: textAt(requireFields(version), "Version"),
  };
}

export function readNodes(answer: unknown): NodeObject[] {
  return requireList(answer).map(readNode);
}

function readNode(fields: Fields): NodeObject {
  const spec = objectAt(fields, "Spec");
  const manager = objectAt(fields, "ManagerStatus");
  const role = wordAt(spec, "Role", ["manager", "worker"], "worker");
  const state = wordAt(objectAt(fields, "Status"), "State", ["ready", "down", "unknown", "disconnected"], "unknown");
  return {
    id: requireText(fields, "ID"),
    hostname: textAt(objectAt(fields, "Description"), "Hostname"),
    role,
    state,
    availability: wordAt(spec, "Availability", ["active", "pause", "drain"], "active"),
    isLeader: manager.Leader === true,
    isReachable: role === "manager" ? manager.Reachability === "reachable" : state === "ready",
  };
}

import "server-only";
import type { SecretValue } from "#lib/value.ts";
import type {
  ClusterObject,
  NodeObject,
  SecretObject,
  ServiceObject,
  ServiceSpec,
  TaskObject,
  VolumeObject,
} from "./schema.ts";

/**
 * All that Skep asks of a Swarm: the executor's port, and what the live index reads with.
 * Every call ends within `callTimeoutSeconds`, and fails as an `AppError`: swarm-unreachable, swarm-timeout (its effect is unknown),
 * swarm-not-manager, swarm-locked, swarm-no-leader, swarm-other, swarm-conflict (out of sequence), name-taken, not-found,
 * swarm-refused (Docker's own reason in the cause), swarm-broken-answer.
 */
export type SwarmGateway = {
  readCluster(): Promise<ClusterObject>;
  listNodes(): Promise<NodeObject[]>;
  listSecrets(filter?: { labels?: Record<string, string>; ids?: string[] }): Promise<SecretObject[]>;
  findSecret(id: string): Promise<SecretObject | null>;
  listServices(filter?: { ids?: string[] }): Promise<ServiceObject[]>;
  findService(id: string): Promise<ServiceObject | null>;
  /** All tasks that the manager still knows, ended ones too. */
  listTasks(filter?: { serviceIds?: string[] }): Promise<TaskObject[]>;
  listVolumes(): Promise<VolumeObject[]>;
  /** Sends the value in the body, never in the URL. Returns the new object's ID. */
  createSecret(secret: NewSecret, value: SecretValue): Promise<{ id: string }>;
  /** Refused by Docker while a current Spec names it. A secret that is not there counts as removed. */
  removeSecret(id: string): Promise<void>;
  /** Compare-and-swap of the whole spec; swarm-conflict when anybody was faster. */
  updateService(id: string, versionIndex: number, spec: ServiceSpec): Promise<{ warnings: string[] }>;
  /** Whether the value equals the stored one, without writing anything. A guessing tool: callers limit and audit it. */
  compareSecret(object: SecretObject, value: SecretValue): Promise<"equal" | "different" | "unknown">;
};

export type NewSecret = { name: string; labels: Record<string, string>; templating: string | null };

/** Less than a third of the lease (15 s), so that whoever renews a lease is never late because of one call. */
export const callTimeoutSeconds = 4.5;

import { z } from "zod";
import type { ClusterObject, ConnectionState } from "#lib/swarm/schema.ts";
import { keepDuration, soakDuration } from "./durations.ts";

/** In which order a rotation moves services. */
export const orders = ["canary", "together", "one-by-one"] as const;
export type Order = (typeof orders)[number];

/** What a new secret begins with. Which order, soak and keep time it has from then on is its own. */
export type Defaults = {
  order: Order;
  /** Null: as long as the service's own health check asks for. */
  soakSeconds: number | null;
  keepSeconds: number;
};

/** One service first and then the rest, watched as its health check asks for, the old version kept for a day. */
export const usualDefaults: Defaults = { order: "canary", soakSeconds: null, keepSeconds: 86_400 };

/** Whether a new version at the source is rotated to at once, or when a person has said yes. */
export const bindingModes = ["by-itself", "after-yes"] as const;
export type BindingMode = (typeof bindingModes)[number];

/** As the form sends it. A soak left empty is the one that the health check asks for. */
export const defaultsInput = z.object({
  order: z.enum(orders, "Choose an order."),
  soakSeconds: z.preprocess(
    (raw) => (raw === "" ? undefined : raw),
    soakDuration.optional().transform((seconds) => seconds ?? null),
  ),
  keepSeconds: keepDuration,
});

export const pauseInput = z.object({
  reason: z
    .string()
    .trim()
    .max(300, "Say it in at most 300 characters.")
    .transform((text) => text || null),
});

/** The one switch over everything that starts without a person. */
export type AutomationView = {
  isPaused: boolean;
  reason: string | null;
  /** Who turned it last, and when (ISO 8601); null where nobody ever did. */
  changedBy: string | null;
  changedAt: string | null;
};

export type ConnectionView = {
  /** As configured, without user and password: unix:///path, tcp://host:port or ssh://host. The preferred one first. */
  endpoints: string[];
  isSandbox: boolean;
  connection: ConnectionState;
  /** When the Swarm last confirmed what is shown, ISO 8601. */
  asOf: string | null;
  cluster: (ClusterObject & { managers: number; workers: number }) | null;
  knownClusterId: string | null;
  /** R18: what an administrator has to decide before anything is changed, and about which Swarm. */
  decision: { clusterId: string; sentence: string } | null;
  canRecognise: boolean;
};

export const recogniseInput = z.object({ clusterId: z.string().min(1).max(64) });

import { z } from "zod";
import type { ClusterObject, ConnectionState } from "#lib/swarm/schema.ts";

/** What a new secret begins with. Which order, soak and keep time it has from then on is its own. */
export type Defaults = {
  order: "canary" | "together" | "one-by-one";
  /** Null: as long as the service's own health check asks for. */
  soakSeconds: number | null;
  keepSeconds: number;
};

/** One service first and then the rest, watched as its health check asks for, the old version kept for a day. */
export const usualDefaults: Defaults = { order: "canary", soakSeconds: null, keepSeconds: 86_400 };

const whole = (most: number, sentence: string) =>
  z.coerce.number<string>(sentence).int(sentence).min(0, sentence).max(most, sentence);

/** As the form sends it: the keep time in hours, the soak in seconds or empty. */
export const defaultsInput = z
  .object({
    order: z.enum(["canary", "together", "one-by-one"], "Choose an order."),
    soakSeconds: z.preprocess(
      (raw) => (raw === "" ? undefined : raw),
      whole(86_400, "Give whole seconds, at most a day (86400), or leave it empty.").optional(),
    ),
    keepHours: z
      .string("Give a number of hours.")
      .trim()
      .min(1, "Give a number of hours; 0 removes the old version at once.")
      .pipe(whole(8760, "Give whole hours, at most a year (8760).")),
  })
  .transform(
    ({ order, soakSeconds, keepHours }): Defaults => ({
      order,
      soakSeconds: soakSeconds ?? null,
      keepSeconds: keepHours * 3600,
    }),
  );

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
  /** As configured: unix:///path, tcp://host:port or ssh://user@host. */
  endpoint: string;
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

import "server-only";

/** What a service's tasks do, written so that the model and a real engine both live by it. */
export type Life = {
  /** How long a task runs before it ends by itself; without it, for as long as it may. */
  endsAfterSeconds?: number;
  exitCode?: number;
  /** It ends at once, with code 7, unless this file holds this. */
  needs?: { target: string; value: string };
  /** It has a health check, which passes from so many seconds on. */
  healthyAfterSeconds?: number;
};

const lifeLabel = "skep.life";
const neededExitCode = 7;

/** The part of a container's spec that makes its tasks live so. The model reads the label, an engine runs the script. */
export function containerOf(life: Life) {
  const { healthyAfterSeconds } = life;
  const Healthcheck = {
    Test: ["CMD-SHELL", "test -e /tmp/healthy"],
    Interval: 0.2e9,
    Timeout: 1e9,
    Retries: 100,
  };
  return {
    Labels: { [lifeLabel]: JSON.stringify(life) },
    Command: ["/bin/sh", "-c"],
    Args: [scriptOf(life)],
    StopGracePeriod: 1e9,
    ...(healthyAfterSeconds === undefined ? {} : { Healthcheck }),
  };
}

function scriptOf({ endsAfterSeconds = 2_147_483_647, exitCode = 0, needs, healthyAfterSeconds }: Life): string {
  return [
    "trap 'exit 0' TERM",
    ...(needs ? [`[ "$(cat /run/secrets/${needs.target})" = "${needs.value}" ] || exit ${neededExitCode}`] : []),
    ...(healthyAfterSeconds === undefined ? [] : [`(sleep ${healthyAfterSeconds}; echo > /tmp/healthy) &`]),
    `sleep ${endsAfterSeconds} & wait $!`,
    `exit ${exitCode}`,
  ].join("\n");
}

/** The life that is written in a container's labels; null where there is none. */
export function lifeIn(container: { Labels?: Record<string, string> }): Life | null {
  const text = container.Labels?.[lifeLabel];
  return text === undefined ? null : (JSON.parse(text) as Life);
}

/** When and how a task that has begun to run ends, given what its files hold; null where it goes on. */
export function endOf(
  life: Life,
  valueAt: (target: string) => string | null,
): { seconds: number; exitCode: number } | null {
  const { needs, endsAfterSeconds, exitCode = 0 } = life;
  if (needs && valueAt(needs.target) !== needs.value) return { seconds: 0, exitCode: neededExitCode };
  return endsAfterSeconds === undefined ? null : { seconds: endsAfterSeconds, exitCode };
}

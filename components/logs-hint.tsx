import { CopyButton } from "./copy-button.tsx";

/** What a program wrote before it ended is with Docker alone: the command that shows it. Nothing where no program ran. */
export function LogsHint({ serviceName, error }: { serviceName: string; error: string }) {
  if (!/non-zero exit|unhealthy/.test(error)) return null;
  const command = `docker service logs --timestamps --tail 50 ${serviceName}`;
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-soft">
      <span className="[overflow-wrap:anywhere]">
        What its program wrote: <code>{command}</code>
      </span>
      <CopyButton text={command} />
    </span>
  );
}

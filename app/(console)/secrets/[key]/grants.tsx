import { Check, Moon, TriangleAlert, Undo2 } from "lucide-react";
import Link from "next/link";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { FactsTable } from "#components/facts-table.tsx";
import { FilePath, Mode, Mono } from "#components/mono.tsx";
import { Status } from "#components/status.tsx";
import { Tag } from "#components/tag.tsx";
import type { GrantView, SecretView } from "#lib/inventory/schema.ts";
import { counted } from "#lib/words.ts";

/** Which services have it, under which file, and how many of their tasks run which version. */
export function Grants({ secret }: { secret: SecretView }) {
  const { grants } = secret;
  return (
    <Card>
      <CardHeader title="Services that use it">{extentOf(secret)}</CardHeader>
      {grants.length === 0 ? (
        <EmptyState title="Nothing uses it" sentence="Grant it to a service, or retire it." />
      ) : (
        <FactsTable
          columns={["Service", "File in the container", "File owner", "Mode", "Tasks", "Health check"]}
          rows={grants.map((grant) => ({
            key: `${grant.serviceId} ${grant.target}`,
            cells: [
              <ServiceName key="name" grant={grant} />,
              <span key="path" className="text-soft">
                <FilePath path={grant.path} />
              </span>,
              <span key="owner" className="text-soft">
                <Mono>
                  {grant.uid}:{grant.gid}
                </Mono>
              </span>,
              <Mode key="mode" mode={grant.mode} />,
              <Tasks key="tasks" grant={grant} />,
              <HealthCheck key="health" grant={grant} />,
            ],
            actions: <Actions grant={grant} secret={secret} />,
          }))}
        />
      )}
    </Card>
  );
}

/** "3 services, 11 tasks on v7". */
function extentOf({ grants, currentVersion }: SecretView): string {
  const services = [...new Map(grants.map((grant) => [grant.serviceId, grant])).values()];
  const tasks = services.flatMap((grant) => grant.tasks.filter(({ version }) => version === currentVersion));
  const running = tasks.reduce((sum, task) => sum + task.running, 0);
  const onCurrent = currentVersion !== null && services.length > 0;
  return [
    counted(services.length, "service"),
    ...(onCurrent ? [`${counted(running, "task")} on v${currentVersion}`] : []),
  ].join(", ");
}

function ServiceName({ grant: { serviceId, serviceName, kind, isJob } }: { grant: GrantView }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <Link href={`/services/${serviceId}`} prefetch={false} className="font-medium hover:underline">
        <Mono>{serviceName}</Mono>
      </Link>
      {kind === "runs-to-end" && <Tag>{isJob ? "job" : "runs to end"}</Tag>}
    </span>
  );
}

function HealthCheck({ grant: { kind, hasHealthCheck } }: { grant: GrantView }) {
  if (kind === "runs-to-end") return <span className="text-faint">–</span>;
  if (hasHealthCheck) return "yes";
  return (
    <Status tone="honey" icon={<TriangleAlert />}>
      none
    </Status>
  );
}

function Actions({
  grant,
  secret: { key, can, currentVersion, attachment, grants },
}: {
  grant: GrantView;
  secret: SecretView;
}) {
  const { serviceId, target, drift, version } = grant;
  const to = (verb: string) => `/secrets/${key}/${verb}`;
  // Where it is recorded with the current one, to put it back is the same, but for secrets that have to move together.
  const isAlone = drift?.kind === "other-version" && (attachment?.together.length ?? 0) === 0;
  const isBehind = version !== null && version !== currentVersion && !isAlone;
  const behind = new Set(grants.flatMap((each) => (each.version === currentVersion ? [] : each.serviceId)));
  return (
    <>
      {drift && can.includes("secret.put-back") && (
        <ButtonLink href={`${to("put-back")}?serviceIds[]=${serviceId}`}>Put back</ButtonLink>
      )}
      {drift && can.includes("secret.take-over") && (
        <ButtonLink href={`${to("take-over")}?serviceIds[]=${serviceId}`} isQuiet>
          Take over
        </ButtonLink>
      )}
      {isBehind && can.includes("secret.move-rest") && (
        <ButtonLink href={to("move-rest")}>
          {behind.size > 1 ? "Move the rest" : "Move"} to v{currentVersion}
        </ButtonLink>
      )}
      {can.includes("secret.revoke") && (
        <ButtonLink href={`${to("revoke")}?serviceId=${serviceId}&target=${encodeURIComponent(target)}`} isQuiet>
          Revoke
        </ButtonLink>
      )}
    </>
  );
}

function Tasks({ grant: { drift, kind, tasks, tasksWanted } }: { grant: GrantView }) {
  if (drift) {
    return (
      <Status tone="red" icon={<Undo2 />}>
        {drift.text}
      </Status>
    );
  }
  if (kind === "asleep") {
    return (
      <Status tone="neutral" icon={<Moon />}>
        asleep
      </Status>
    );
  }
  const finished = tasks.filter((task) => task.finished > 0);
  if (kind === "runs-to-end" && tasks.every((task) => task.running === 0)) {
    return finished.length === 0 ? (
      <span className="text-soft">ran to its end</span>
    ) : (
      <span className="text-soft">
        {finished.map((task) => `${task.finished} finished on ${versionText(task.version)}`).join(", ")}
      </span>
    );
  }
  const running = tasks.reduce((sum, task) => sum + task.running, 0);
  const versions = tasks.filter((task) => task.running > 0).map(({ version }) => versionText(version));
  const isWell = running >= tasksWanted;
  return (
    <Status tone={isWell ? "green" : "honey"} icon={isWell ? <Check /> : <TriangleAlert />}>
      {running} of {tasksWanted}
      {versions.length > 0 && ` on ${versions.join(", ")}`}
    </Status>
  );
}

function versionText(version: number | null): string {
  return version === null ? "another" : `v${version}`;
}

import { Check, Moon, TriangleAlert, Undo2 } from "lucide-react";
import Link from "next/link";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { Mode, Mono } from "#components/mono.tsx";
import { Status } from "#components/status.tsx";
import { Tag } from "#components/tag.tsx";
import type { GrantView, SecretView } from "#lib/inventory/schema.ts";

/** Which services have it, under which file, and how many of their tasks run which version. */
export function Grants({ secret }: { secret: SecretView }) {
  const { grants, key, can } = secret;
  const services = new Set(grants.map(({ serviceId }) => serviceId)).size;
  return (
    <Card>
      <CardHeader title="Services that use it">
        {services} {services === 1 ? "service" : "services"}
      </CardHeader>
      {grants.length === 0 ? (
        <EmptyState title="Nothing uses it" sentence="Grant it to a service, or retire it." />
      ) : (
        <div className="overflow-x-auto">
          <table className="w-full border-collapse text-left">
            <thead className="text-faint text-small">
              <tr>
                {["Service", "File in the container", "Owner", "Mode", "Tasks", "Health check"].map((title) => (
                  <th key={title} scope="col" className="whitespace-nowrap px-[14px] py-[7px] font-medium">
                    {title}
                  </th>
                ))}
                <th scope="col">
                  <span className="sr-only">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {grants.map((grant) => (
                <Row key={`${grant.serviceId} ${grant.target}`} grant={grant} secretKey={key} can={can} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Row({ grant, secretKey, can }: { grant: GrantView; secretKey: string; can: SecretView["can"] }) {
  const cell = "h-[41px] whitespace-nowrap px-[14px]";
  return (
    <tr className="border-line border-t">
      <td className={cell}>
        <span className="inline-flex items-center gap-1.5">
          <Link href={`/services/${grant.serviceId}`} className="font-medium hover:underline">
            <Mono>{grant.serviceName}</Mono>
          </Link>
          {grant.kind === "runs-to-end" && <Tag>{grant.isJob ? "job" : "runs to end"}</Tag>}
        </span>
      </td>
      <td className={`${cell} text-soft`}>
        <Mono>{grant.path}</Mono>
      </td>
      <td className={`${cell} text-soft`}>
        <Mono>
          {grant.uid}:{grant.gid}
        </Mono>
      </td>
      <td className={cell}>
        <Mode mode={grant.mode} />
      </td>
      <td className={cell}>
        <Tasks grant={grant} />
      </td>
      <td className={cell}>
        {grant.kind === "runs-to-end" ? (
          <span className="text-faint">–</span>
        ) : grant.hasHealthCheck ? (
          "yes"
        ) : (
          <Status tone="honey" icon={<TriangleAlert />}>
            none
          </Status>
        )}
      </td>
      <td className={`${cell} text-right`}>
        {grant.drift && can.includes("secret.put-back") && (
          <ButtonLink href={`/secrets/${secretKey}/put-back?serviceIds[]=${grant.serviceId}`}>Put back</ButtonLink>
        )}{" "}
        {can.includes("secret.revoke") && (
          <ButtonLink
            href={`/secrets/${secretKey}/revoke?serviceId=${grant.serviceId}&target=${encodeURIComponent(grant.target)}`}
          >
            Revoke
          </ButtonLink>
        )}
      </td>
    </tr>
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

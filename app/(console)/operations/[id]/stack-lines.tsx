import { FileWarning } from "lucide-react";
import { ButtonLink } from "#components/button.tsx";
import { Mono } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { findSecret } from "#lib/inventory/queries.ts";
import type { OperationView } from "#lib/operations/schema.ts";

/** Versions that a stack file keeps in the Swarm: whoever has changed the line can say so here, and they may go. */
export async function StackLines({ operation: { state, plan } }: { operation: OperationView }) {
  if (state !== "ended" || plan.retire.length === 0) return null;
  const actor = await requireActor();
  const secrets = await Promise.all(plan.secrets.map(({ secretId }) => findSecret(actor, secretId)));
  const retired = new Set(plan.retire.map(({ versionId }) => versionId));
  const kept = secrets.flatMap((secret) => {
    const versions = secret?.versions.filter(
      ({ versionId, stacks, can }) =>
        versionId !== null && retired.has(versionId) && stacks.length > 0 && can.includes("secret.retire"),
    );
    return versions?.map((version) => ({ ...version, key: secret?.key })) ?? [];
  });
  if (kept.length === 0) return null;
  return (
    <div className="mb-[18px] grid gap-2">
      {kept.map(({ key, versionId, objectName, stacks }) => (
        <Notice key={versionId} tone="honey" icon={<FileWarning size={16} />}>
          <span className="flex flex-wrap items-center justify-between gap-2">
            <span>
              <Mono>{objectName}</Mono> stays in the Swarm: the stack file of{" "}
              {stacks.map(({ stack }) => stack).join(", ")} still names it, as far as Skep can tell.
            </span>
            <ButtonLink href={`/secrets/${key}/stack-line?versionId=${versionId}`}>I changed the stack file</ButtonLink>
          </span>
        </Notice>
      ))}
    </div>
  );
}

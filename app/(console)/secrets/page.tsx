import { Plus } from "lucide-react";
import type { Metadata } from "next";
import { ButtonLink } from "#components/button.tsx";
import { ClockTime } from "#components/clock-time.tsx";
import { Kbd } from "#components/kbd.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { frame, listSecrets } from "#lib/inventory/queries.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { agreeing, counted } from "#lib/words.ts";
import { SecretsTable } from "./secrets-table.tsx";

export const metadata: Metadata = { title: "Secrets" };

export default async function SecretsPage() {
  const actor = await requireActor();
  const [{ rows, unmanaged, needAttention, can }, { asOf }] = await Promise.all([listSecrets(actor), frame(actor)]);
  return (
    <>
      <PageHeader
        title="Secrets"
        sentence={
          <>
            {counted(rows.length, "secret")}, {attentionText(needAttention)}.
            {asOf && (
              <>
                {" "}
                As of <ClockTime at={asOf} />.
              </>
            )}
          </>
        }
      >
        {unmanaged > 0 && can.includes("secret.adopt") && (
          <ButtonLink href="/secrets?state=unmanaged">See {unmanaged.toLocaleString("en")} unmanaged</ButtonLink>
        )}
        {isAllowed(actor, "secret.import", {}) && <ButtonLink href="/secrets/import">Import</ButtonLink>}
        {can.includes("secret.create") && (
          <ButtonLink href="/secrets/new" isPrimary icon={<Plus />}>
            New secret <Kbd>N</Kbd>
          </ButtonLink>
        )}
      </PageHeader>
      <SecretsTable rows={rows} mayRotate={can.includes("secret.rotate")} mayCreate={can.includes("secret.create")} />
    </>
  );
}

function attentionText(count: number): string {
  if (count === 0) return "none needs attention";
  return `${count.toLocaleString("en")} ${agreeing(count, "needs", "need")} attention`;
}

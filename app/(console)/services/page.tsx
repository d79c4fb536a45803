import type { Metadata } from "next";
import { PageHeader } from "#components/page-header.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { listSecrets, listServices } from "#lib/inventory/queries.ts";
import { agreeing, counted } from "#lib/words.ts";
import { ServicesTable } from "./services-table.tsx";

export const metadata: Metadata = { title: "Services" };

export default async function ServicesPage() {
  const actor = await requireActor();
  const [rows, { can }] = await Promise.all([listServices(actor), listSecrets(actor)]);
  const holders = rows.filter(({ secrets }) => secrets.length > 0).length;
  const worth = rows.filter(({ notes }) => notes.length > 0).length;
  return (
    <>
      <PageHeader
        title="Services"
        sentence={`${counted(rows.length, "service")}, ${holders.toLocaleString("en")} ${agreeing(holders, "holds", "hold")} secrets, ${worth.toLocaleString("en")} ${agreeing(worth, "is", "are")} worth a look.`}
      />
      <ServicesTable rows={rows} mayRotate={can.includes("secret.rotate")} />
    </>
  );
}

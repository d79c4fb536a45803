import type { Metadata } from "next";
import { PageHeader } from "#components/page-header.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { listServices } from "#lib/inventory/queries.ts";
import { ServicesTable } from "./services-table.tsx";

export const metadata: Metadata = { title: "Services" };

export default async function ServicesPage() {
  const rows = await listServices(await requireActor());
  const holders = rows.filter(({ secrets }) => secrets.length > 0).length;
  const worth = rows.filter(({ notes }) => notes.length > 0).length;
  return (
    <>
      <PageHeader
        title="Services"
        sentence={`${rows.length.toLocaleString("en")} services, ${holders} hold secrets, ${worth} are worth a look.`}
      />
      <ServicesTable rows={rows} />
    </>
  );
}

import type { Metadata } from "next";
import { ClockTime } from "#components/clock-time.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { frame, listSecrets, listServices } from "#lib/inventory/queries.ts";
import { agreeing, counted } from "#lib/words.ts";
import { ServicesTable } from "./services-table.tsx";

export const metadata: Metadata = { title: "Services" };

export default async function ServicesPage() {
  const actor = await requireActor();
  const [rows, { can }, { asOf }] = await Promise.all([listServices(actor), listSecrets(actor), frame(actor)]);
  const holders = rows.filter(({ secrets }) => secrets.length > 0).length;
  const worth = rows.filter(({ notes }) => notes.length > 0).length;
  return (
    <>
      <PageHeader
        title="Services"
        sentence={
          <>
            {counted(rows.length, "service")}, {holders.toLocaleString("en")} {agreeing(holders, "holds", "hold")}{" "}
            secrets, {worth.toLocaleString("en")} {agreeing(worth, "is", "are")} worth a look.
            {asOf && (
              <>
                {" "}
                As of <ClockTime at={asOf} />.
              </>
            )}
          </>
        }
      />
      <ServicesTable rows={rows} mayRotate={can.includes("secret.rotate")} />
    </>
  );
}

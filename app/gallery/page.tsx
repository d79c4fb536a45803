import { Check } from "lucide-react";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Suspense } from "react";
import { PageHeader } from "#components/page-header.tsx";
import { Status } from "#components/status.tsx";
import { FieldSamples } from "./field-samples.tsx";
import { PartSamples } from "./part-samples.tsx";
import { StatusSamples } from "./status-samples.tsx";
import { TableSample } from "./table-sample.tsx";

export const metadata: Metadata = { title: "Gallery" };

/** Every part in every state, with made-up samples. For those who build Skep: it is not there in production. */
export default function GalleryPage() {
  // biome-ignore lint/style/noProcessEnv: Next sets this at build, it is no setting of Skep's
  if (process.env.NODE_ENV === "production") notFound();
  return (
    <main className="mx-auto grid max-w-6xl gap-5 px-6 py-6 max-md:px-4">
      <PageHeader
        title="Every part, in every state"
        status={
          <Status tone="green" icon={<Check />}>
            Made up
          </Status>
        }
        sentence="Names and values on this page are samples. Nothing here touches a Swarm."
      />
      <StatusSamples />
      <PartSamples />
      <FieldSamples />
      <h2>Lists: one with no row, and one with 10,000, drawn as they come into sight</h2>
      <Suspense>
        <TableSample count={0} />
        <TableSample count={10_000} />
      </Suspense>
    </main>
  );
}

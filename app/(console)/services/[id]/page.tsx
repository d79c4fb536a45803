import { Check, Moon, TriangleAlert } from "lucide-react";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache } from "react";
import { Card, CardHeader } from "#components/card.tsx";
import { KeyValues } from "#components/key-values.tsx";
import { LastOperations } from "#components/last-operations.tsx";
import { Mono } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { RecentEvents } from "#components/recent-events.tsx";
import { Here } from "#components/shell/here.tsx";
import { Status } from "#components/status.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { findService } from "#lib/inventory/queries.ts";
import type { ServiceView } from "#lib/inventory/schema.ts";
import { capitalised } from "#lib/words.ts";
import { Environment } from "./environment.tsx";
import { Holds } from "./holds.tsx";
import { Tasks } from "./tasks.tsx";

type Props = { params: Promise<{ id: string }> };

const load = cache(async (id: string) => findService(await requireActor(), id));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await load((await params).id))?.name ?? "Service" };
}

/** One service: what it holds, whether a rotation of it could be judged, and how its tasks are. */
export default async function ServicePage({ params }: Props) {
  const service = await load((await params).id);
  if (!service) notFound();
  const notes = notesOf(service);
  const isPaused = service.update === "paused" || service.update === "rollback_paused";
  return (
    <>
      <Here>{service.name}</Here>
      <PageHeader
        title={<Mono>{service.name}</Mono>}
        status={<Judgement judgement={service.judgement} />}
        sentence={service.judgement.sentence}
      />
      {(service.notes.length > 0 || service.updateMessage) && (
        <div className="mb-[18px]">
          <Notice tone="honey" icon={<TriangleAlert />}>
            {notes.length > 0 && `${capitalised(notes.join(", "))}. `}
            {service.updateMessage && `Docker says: “${service.updateMessage}”. `}
            {isPaused && "Mend or roll back that deploy; until then Skep leaves the service alone."}
          </Notice>
        </div>
      )}
      <div className="grid items-start gap-[18px] xl:grid-cols-[minmax(0,1fr)_308px]">
        <div className="grid min-w-0 gap-[18px]">
          <Holds service={service} />
          <Environment service={service} />
          <Tasks service={service} />
          <LastOperations name={service.name} rows={service.operations} />
          <RecentEvents of="service" name={service.name} events={service.events} />
        </div>
        <Facts service={service} />
      </div>
    </>
  );
}

/** What is worth a look; what has drifted is named. */
function notesOf({ notes, holds }: ServiceView): string[] {
  const drift = holds.flatMap(({ secretName, drift: found }) =>
    found ? [`drifted: ${secretName} ${found.text}`] : [],
  );
  return notes.flatMap((note) => (note === "drifted" && drift.length > 0 ? drift : [note]));
}

function Judgement({ judgement: { verdict } }: Pick<ServiceView, "judgement">) {
  if (verdict === "verified") {
    return (
      <Status tone="green" icon={<Check />}>
        Can be verified
      </Status>
    );
  }
  return verdict === "unverified-asleep" ? (
    <Status tone="neutral" icon={<Moon />}>
      Unverified until it runs
    </Status>
  ) : (
    <Status tone="honey" icon={<TriangleAlert />}>
      Cannot be verified
    </Status>
  );
}

function Facts({ service }: { service: ServiceView }) {
  const { stack, kind, isJob, image, isImagePinned, user, healthCheckText, updatePolicyText } = service;
  return (
    <Card>
      <CardHeader title="How it runs" />
      <KeyValues
        items={[
          { term: "Stack", value: stack ?? "none" },
          { term: "Kind", value: isJob ? "job, runs to its end" : kind === "runs-to-end" ? "runs to end" : kind },
          { term: "Image", value: <Mono>{image}</Mono> },
          { term: "Digest", value: isImagePinned ? "pinned" : "none: a restart may pull a newer one" },
          { term: "User", value: user ? <Mono>{user}</Mono> : "as the image says" },
          { term: "Health check", value: healthCheckText },
          { term: "Updates", value: updatePolicyText },
        ]}
      />
    </Card>
  );
}

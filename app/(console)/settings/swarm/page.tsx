import { CircleCheck, Eye, Loader, Unplug } from "lucide-react";
import type { Metadata } from "next";
import { Ago } from "#components/ago.tsx";
import { KeyValues } from "#components/key-values.tsx";
import { Mono, Sentence } from "#components/mono.tsx";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { Status } from "#components/status.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { readConnection } from "#lib/settings/connection.ts";
import type { ConnectionView } from "#lib/settings/schema.ts";
import { counted } from "#lib/words.ts";
import { RecogniseForm } from "./recognise-form.tsx";

export const metadata: Metadata = { title: "Swarm" };

export default async function SwarmPage() {
  const view = await readConnection(await requireActor());
  const { asOf, decision } = view;
  return (
    <>
      <PageHeader
        title={headline(view)}
        status={<ConnectionStatus view={view} />}
        sentence={asOf ? <Told at={asOf} /> : "The Swarm has not answered yet."}
      />
      {decision && (
        <Section title="An administrator has to decide" sentence={decision.sentence}>
          <RecogniseForm
            clusterId={decision.clusterId}
            isOther={decision.clusterId !== view.knownClusterId}
            canRecognise={view.canRecognise}
          />
        </Section>
      )}
      <Section
        title="Connection"
        sentence={
          <Sentence text="Set where Skep is started: `DOCKER_HOST`, `DOCKER_CERT_PATH`, `SKEP_DOCKER_HOSTS`." />
        }
      >
        <div className="px-0.5">
          <KeyValues items={facts(view)} />
        </div>
      </Section>
    </>
  );
}

function Told({ at }: { at: string }) {
  return (
    <>
      As the Swarm said <Ago at={at} />.
    </>
  );
}

function ConnectionStatus({ view: { connection, decision } }: { view: ConnectionView }) {
  const { tone, icon, word } = statusOf(connection.state, decision !== null);
  return (
    <Status tone={tone} icon={icon}>
      {word}
    </Status>
  );
}

function statusOf(state: ConnectionView["connection"]["state"], isUndecided: boolean) {
  if (state === "connecting") return { tone: "neutral", icon: <Loader />, word: "Connecting" } as const;
  if (state === "lost") return { tone: "red", icon: <Unplug />, word: "Lost" } as const;
  if (isUndecided) return { tone: "honey", icon: <Eye />, word: "Read only" } as const;
  return { tone: "green", icon: <CircleCheck />, word: "Connected" } as const;
}

const lost = {
  unreachable: "The Swarm cannot be reached",
  "not-manager": "What answers is not a Swarm manager",
  locked: "The manager is locked: docker swarm unlock",
  "no-leader": "The Swarm has no leader: too few managers are there",
  "other-swarm": "Another Swarm than before answers",
};

function headline({ connection, cluster, decision }: ConnectionView): string {
  if (connection.state === "connecting") return "Asking the Swarm for the first time";
  if (connection.state === "lost") return lost[connection.reason];
  if (decision) return "Nothing is changed until an administrator decides";
  // Docker calls every Swarm "default" until somebody gives it a name.
  return `Connected to ${cluster && cluster.name !== "default" ? cluster.name : "the Swarm"}`;
}

function facts({ isSandbox, endpoints, cluster, knownClusterId }: ConnectionView) {
  const engine = isSandbox ? "The sandbox that Skep brought along" : <Mono>{endpoints.join(", ")}</Mono>;
  const items = [
    { term: "Engine", value: engine },
    { term: "Cluster ID", value: <Mono>{cluster?.id ?? knownClusterId ?? "not known yet"}</Mono> },
  ];
  if (!cluster) return items;
  return [
    ...items,
    { term: "Nodes", value: `${counted(cluster.managers, "manager")}, ${counted(cluster.workers, "worker")}` },
    { term: "Docker", value: <Mono>{cluster.engineVersion}</Mono> },
    {
      term: "Autolock",
      value: cluster.isAutolocked
        ? "On: a manager that restarts needs the unlock key."
        : "Off: whoever reads a manager's disk can read the values of all secrets.",
    },
  ];
}

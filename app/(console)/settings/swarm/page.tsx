import type { Metadata } from "next";
import { Ago } from "#components/ago.tsx";
import { Section } from "#components/section.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { readConnection } from "#lib/settings/connection.ts";
import type { ConnectionView } from "#lib/settings/schema.ts";
import { RecogniseForm } from "./recognise-form.tsx";

export const metadata: Metadata = { title: "Swarm" };

export default async function SwarmPage() {
  const view = await readConnection(await requireActor());
  const { cluster, decision } = view;
  return (
    <>
      <div>
        <h1 className="text-title">{headline(view)}</h1>
        <p className="text-soft">
          {view.asOf ? (
            <>
              As the Swarm said <Ago at={view.asOf} />.
            </>
          ) : (
            "The Swarm has not answered yet."
          )}
        </p>
      </div>
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
        sentence="It is set where Skep is started: DOCKER_HOST, DOCKER_CERT_PATH, SKEP_DOCKER_HOSTS."
      >
        <dl className="grid grid-cols-[8rem_1fr] gap-x-4 gap-y-2 p-4">
          <Fact name="Engine" mono>
            {view.isSandbox ? "the sandbox that Skep brought along" : view.endpoint}
          </Fact>
          <Fact name="Cluster ID" mono>
            {cluster?.id ?? view.knownClusterId ?? "not known yet"}
          </Fact>
          {cluster && (
            <>
              <Fact name="Name">{cluster.name}</Fact>
              <Fact name="Nodes">
                {count(cluster.managers, "manager")}, {count(cluster.workers, "worker")}
              </Fact>
              <Fact name="Docker" mono>
                {cluster.engineVersion}
              </Fact>
              <Fact name="Autolock">
                {cluster.isAutolocked
                  ? "on: keys at rest need the unlock key after a restart"
                  : "off: whoever reads a manager's disk can read the Swarm's values"}
              </Fact>
            </>
          )}
        </dl>
      </Section>
    </>
  );
}

function Fact({ name, mono = false, children }: { name: string; mono?: boolean; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className={mono ? "break-all font-mono" : undefined}>{children}</dd>
    </>
  );
}

const lost = {
  unreachable: "The Swarm cannot be reached",
  "not-manager": "What answers is not a Swarm manager",
  locked: "The manager is locked: unlock it with docker swarm unlock",
  "no-leader": "The Swarm has no leader: too few managers are there",
  "other-swarm": "Another Swarm than before answers",
};

function headline({ connection, decision }: ConnectionView): string {
  if (connection.state === "connecting") return "Asking the Swarm for the first time";
  if (connection.state === "lost") return lost[connection.reason];
  return decision ? "Connected, and read only" : "Connected";
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

import "server-only";
import { oncePerProcess } from "#lib/clock.ts";
import { configuration, type DockerEndpoint } from "#lib/env.ts";
import { connectGateway } from "./docker.ts";
import { connectEvents } from "./events.ts";
import type { SwarmGateway } from "./gateway.ts";
import { type LiveIndex, startLiveIndex } from "./live.ts";
import { type Managers, openManagers } from "./managers.ts";

type Connected = {
  /** One for all that ask: where one of them leaves a manager, the others do too, and so does the stream of events. */
  managers: Managers | null;
  gateway: SwarmGateway | null;
  live: LiveIndex | null;
  expectedClusterId: string | null;
  report: (error: unknown) => void;
};

/** Reading everything may take longer than a step of an operation may: nobody's lease hangs on it. */
const patientSeconds = 30;

/** This process's way to the Swarm, as configured. */
export function swarmGateway(): SwarmGateway {
  const swarm = connected();
  swarm.gateway ??= connectGateway({ managers: managers() });
  return swarm.gateway;
}

/** This process's picture of the Swarm; it begins to form at the first call. */
export function liveIndex(): LiveIndex {
  const swarm = connected();
  // Whether the Swarm is there at all, with a leader, must be known soon: these questions are not patient ones.
  const { readCluster, listNodes } = swarmGateway();
  const patient = connectGateway({ managers: managers(), callTimeoutSeconds: patientSeconds });
  swarm.live ??= startLiveIndex({
    gateway: { ...patient, readCluster, listNodes },
    events: connectEvents({ managers: managers() }),
    expectedClusterId,
    report: (error) => connected().report(error),
  });
  return swarm.live;
}

/** Whether that picture is being formed; asking does not begin it. */
export function isLiveIndexOpen(): boolean {
  return connected().live !== null;
}

/** R18: from now on, only this Swarm is talked to. Null: whichever answers first, as before Postgres knows one. */
export function expectCluster(clusterId: string | null): void {
  connected().expectedClusterId = clusterId;
}

/** Where the live index says what went wrong on its way. */
export function reportSwarmFailures(report: (error: unknown) => void): void {
  connected().report = report;
}

/** Ends the live index. Safe to call twice, and where there never was one. */
export async function closeSwarm(): Promise<void> {
  const swarm = connected();
  const { live } = swarm;
  swarm.live = null;
  swarm.gateway = null;
  swarm.managers = null;
  await live?.stop();
}

/** Fails with one sentence that says why no Swarm manager answers there. Waits longer than usual: at a start the machine is busy. */
export async function probeManager(docker: DockerEndpoint): Promise<void> {
  await connectGateway({ endpoints: [docker], callTimeoutSeconds: patientSeconds / 2 }).readCluster();
}

function connected(): Connected {
  return oncePerProcess("swarm", () => ({
    managers: null,
    gateway: null,
    live: null,
    expectedClusterId: null,
    report: () => undefined,
  }));
}

function managers(): Managers {
  const swarm = connected();
  swarm.managers ??= openManagers({ endpoints: managerEndpoints(), expectedClusterId });
  return swarm.managers;
}

function expectedClusterId(): string | null {
  return connected().expectedClusterId;
}

/** The configured engine first, then the other managers that the operator named; the sandbox is alone. */
export function managerEndpoints(): [DockerEndpoint, ...DockerEndpoint[]] {
  const { docker, otherManagers } = configuration();
  return [docker, ...otherManagers];
}

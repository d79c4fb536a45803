import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { connectDatabase } from "#lib/db/client.ts";
import { migrate } from "#lib/db/migrate.ts";
import { erasePostgres, startPostgres } from "#lib/ground/postgres.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import { atEnd } from "../../bench/cleanup.ts";
import { benchFolder } from "../../bench/ground.ts";
import { prepareEngine } from "../../suite/prepare.ts";
import { administrator, type Stage } from "../scene.ts";
import { neededBy } from "./aftermath.ts";
import type { FaultGround } from "./faults.ts";
import { anyManager } from "./hands.ts";
import { startManagers } from "./managers.ts";
import type { RotationGround } from "./rotation.ts";
import { type Ask, endSkeps, openSkep } from "./skep.ts";
import { startWire } from "./wire.ts";

export type SwarmGround = FaultGround & RotationGround & { folder: string };

const owners = ["skep 1", "skep 2"];

/** Three managers, a Postgres, and two instances of Skep between them, each with a way of its own to every manager. */
export async function prepareGround(
  { isPlanted }: { isPlanted: boolean },
  onAsk: (ask: Ask, owner: string) => Promise<void>,
): Promise<SwarmGround> {
  await prepareEngine();
  const folder = benchFolder();
  atEnd(() => erasePostgres(folder));
  const { ownerUrl, applicationUrl: databaseUrl } = await startPostgres({ dataFolder: folder });
  await migrate({ ownerUrl, applicationUrl: databaseUrl });
  await addAdministrator(databaseUrl);

  const managers = await startManagers(folder);
  await managers.settle();
  const direct = managers.all.map(({ socketPath }) => ({
    host: `unix://${socketPath}`,
    certPath: null,
    isTlsVerified: false,
  }));
  const gateway = connectGateway({ endpoints: direct });
  const clusterId = (await gateway.readCluster()).id;
  // The service's own script ends when it does not find the old value.
  const stage: Stage = { clusterId, gateway, api: anyManager(managers.all), failNewTasks: () => undefined };

  const sockets = join(folder, "w");
  mkdirSync(sockets);
  const wire = await startWire({
    folder: sockets,
    managers: managers.all,
    owners,
    neededBy: (objectId) => neededBy(stage, objectId),
  });
  atEnd(() => wire.stop());
  atEnd(endSkeps);
  const skeps = owners.map((owner) =>
    openSkep({ owner, clusterId, databaseUrl, hosts: wire.hosts(owner), isPlanted, onAsk }),
  );
  for (const skep of skeps) skep.start();
  const postgres = {
    stop: () => startPostgres({ dataFolder: folder }).then((running) => running.stop()),
    start: () => startPostgres({ dataFolder: folder }).then(() => undefined),
  };
  return { folder, managers, wire, skeps, postgres, stage, databaseUrl, ownerUrl };
}

async function addAdministrator(databaseUrl: string): Promise<void> {
  const database = connectDatabase(databaseUrl, { connections: 1 });
  const { personId: id, email, name, role } = administrator;
  await database.person.create({ data: { id, email, name, role, passwordHash: "none" } });
  await database.$disconnect();
}

import "server-only";
import { isAppError } from "#lib/errors.ts";
import { isEngineRunning, startEngine } from "./engine.ts";
import { keepRunning } from "./keep-running.ts";
import {
  isOrdersDatabaseRunning,
  type OrdersDatabase,
  orders,
  startOrdersDatabase,
  stopOrdersDatabase,
} from "./orders-database.ts";
import { createSample } from "./sample.ts";
import { createOrders } from "./sample-orders.ts";
import { restorePaused } from "./sample-paused.ts";
import type { FoundSwarm, GroundOptions } from "./start-ground.ts";
import { settled, stopwatch } from "./start-together.ts";

/** A Swarm of Skep's own with sample stacks, and a Postgres that one of them signs in to. */
export async function startSandbox(options: GroundOptions): Promise<FoundSwarm> {
  const { environment, install, onStarted } = options;
  const seconds = stopwatch();
  const { dataFolder } = environment;
  const start = () => startEngine({ dataFolder });
  // Its services sign in until it ends, so it ends first.
  onStarted("the sample's Postgres", () => stopOrdersDatabase(dataFolder));
  const [engine, database] = await settled([start(), startOrders(options)]);
  onStarted("the sandbox", engine.stop);
  const isRunning = () => isEngineRunning(dataFolder);
  const { stop } = keepRunning({ name: "The sandbox", isRunning, start, report: install.report });
  onStarted("the watch over the sandbox", stop);
  await createSample(engine.api);
  if (database) await createOrders(engine.api, database);
  onStarted("the sample", restorePaused(engine.api).stop);
  const stacks = database ? "shop, monitoring and orders" : "shop and monitoring";
  install.report(`Sandbox: a private Docker engine with the stacks ${stacks} (${seconds()} s)`);
  install.report(`         docker reaches it in a terminal after: export DOCKER_HOST=${engine.host}`);
  return {
    docker: { host: engine.host, certPath: null, isTlsVerified: false },
    otherManagers: [],
    isSandbox: true,
    credentialFiles: database ? { [orders.credential]: database.credentialPath } : {},
  };
}

/** Null where it cannot be started, which is told: the rest of the sandbox does without. */
async function startOrders({ environment, install, onStarted }: GroundOptions): Promise<OrdersDatabase | null> {
  const seconds = stopwatch();
  const { dataFolder } = environment;
  const start = () => startOrdersDatabase({ dataFolder });
  try {
    const database = await start();
    const isRunning = () => isOrdersDatabaseRunning(dataFolder);
    const { stop } = keepRunning({ name: "The sample's Postgres", isRunning, start, report: install.report });
    onStarted("the watch over the sample's Postgres", stop);
    const place = `PostgreSQL at ${orders.host}:${database.port}, database ${orders.database}`;
    const access = `user ${orders.rotator} with the credential ${orders.credential} sets the passwords of ${orders.logins.join(" and ")}`;
    install.report(`Orders: ${place}; ${access} (${seconds()} s)`);
    return database;
  } catch (error) {
    if (!isAppError(error)) throw error;
    install.report(`Orders: not there. ${error.publicMessage}`);
    return null;
  }
}

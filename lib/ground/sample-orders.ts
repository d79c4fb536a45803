import "server-only";
import { randomBytes } from "node:crypto";
import { type EngineApi, EngineRefusal } from "./engine-api.ts";
import type { OrdersDatabase } from "./orders-database.ts";
import { importSampleImage } from "./sample-image.ts";
import { makeOnce } from "./sample-mark.ts";
import { signingServiceSpec } from "./signing-service.ts";

const stack = "orders";
const serviceName = "orders_api";
const secretName = "orders_db_url";
/** Both tasks together sign in once a second: a sandbox is somebody's own machine. */
const pace = { signInMilliseconds: 2000, healthSeconds: 5 };

/**
 * Makes the stack `orders` in a Swarm of Skep's own, once: two tasks that sign in to the sample's Postgres for as long as
 * they run. The password is in the secret and nowhere else, so where it was made without its service, both are made anew.
 */
export async function createOrders(api: EngineApi, database: OrdersDatabase): Promise<void> {
  await makeOnce(api, "io.skep.sample.orders", async () => {
    if (await isThere(api.call("GET", `/services/${serviceName}`))) return;
    await importSampleImage(api);
    await isThere(api.call("DELETE", `/secrets/${secretName}`));
    const secret = { name: secretName, id: await createSecret(api, database) };
    const { socketFolder } = database;
    const spec = signingServiceSpec({ name: serviceName, stack, replicas: 2, secret, socketFolder, pace });
    await api.call("POST", "/services/create", spec);
  });
}

async function createSecret(api: EngineApi, database: OrdersDatabase): Promise<string> {
  const password = randomBytes(18).toString("base64url");
  await database.setPassword("orders_a", password);
  const Data = Buffer.from(database.urlOf("orders_a", password)).toString("base64");
  const Labels = { "com.docker.stack.namespace": stack };
  const { ID } = await api.call<{ ID: string }>("POST", "/secrets/create", { Name: secretName, Labels, Data });
  return ID;
}

async function isThere(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof EngineRefusal && error.statusCode === 404) return false;
    throw error;
  }
}

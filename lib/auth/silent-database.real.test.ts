import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { closeDatabase } from "#lib/db/client.ts";
import { testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { configureFor, samplePerson } from "./sample.ts";
import { createSession, findSession } from "./sessions.ts";
import { isSetupLinkAlive } from "./setup.ts";

const db = await testDatabase();

/** Milliseconds: well over the five seconds that are waited for a reading, and well under the thirty of any other answer. */
const soon = 20_000;

/** Between Skep and Postgres, as a network that takes everything and delivers nothing once it is silent. */
async function relay(url: string): Promise<{ url: string; isSilent: boolean }> {
  const target = new URL(url);
  const socket = `.s.PGSQL.${target.port || 5432}`;
  const farPath = join(target.searchParams.get("host") ?? "", socket);
  const folder = mkdtempSync(join(tmpdir(), "skep-silent-"));
  target.searchParams.set("host", folder);
  const relaying = { url: target.href, isSilent: false };
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(farPath);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => relaying.isSilent || to.write(bytes));
      from.on("error", () => to.destroy()).on("close", () => to.destroy());
    }
  });
  server.listen(join(folder, socket));
  await once(server, "listening");
  onTestFinished(() => {
    for (const each of sockets) each.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return relaying;
}

test("a Postgres that takes every question and answers none is told of soon, whoever asks", async () => {
  onTestFinished(closeDatabase);
  const between = await relay(db.url);
  configureFor(between.url);
  const { personId } = await samplePerson(db.database);
  const { token } = await transaction((tx) => createSession(tx, personId, { address: null, userAgent: null }));
  expect((await findSession(token))?.person.id).toBe(personId);
  between.isSilent = true;
  let from = performance.now();
  const asked = [findSession(token), isSetupLinkAlive("a token"), transaction((tx) => tx.person.count())];
  const told = await Promise.all(asked.map((answer) => answer.catch((error: unknown) => error)));
  for (const error of told) expect(error).toMatchObject({ code: "database-unreachable" });
  expect(performance.now() - from).toBeLessThan(soon);
  // Many questions wait for the few connections: the next ones too are answered soon.
  from = performance.now();
  const many = Array.from({ length: 20 }, () => findSession(token).catch((error: unknown) => error));
  for (const error of await Promise.all(many)) expect(error).toMatchObject({ code: "database-unreachable" });
  expect(performance.now() - from).toBeLessThan(soon);
});

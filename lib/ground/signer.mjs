/**
 * What a signing service runs (`signing-service.ts`): signs in to a PostgreSQL over and over, never keeps a connection, and
 * counts. It reads its secret once, as programs do, so that only its restart brings it a new one. Plain JavaScript, for it
 * runs as it is in a container that has Node, this file, and the packages.
 */
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";

const timeoutMilliseconds = 10_000;
const tellEverySeconds = 60;
/** Is there while the last sign-in succeeded; the health check looks for it. */
const healthyPath = "/tmp/signed-in";

const [, , secretPath = "", socketFolder = "", everyMilliseconds = "", countsFolder] = process.argv;
const login = { ...readLogin(), host: socketFolder, connectionTimeoutMillis: timeoutMilliseconds };
const counts = { signedIn: 0, failed: 0 };
let isSignedIn = false;
const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stopping.abort());

say(`signing in as ${login.user}`);
const telling = setInterval(tell, tellEverySeconds * 1000);
while (!stopping.signal.aborted) {
  const next = pause(Number(everyMilliseconds), undefined, { signal: stopping.signal }).catch(() => undefined);
  await signIn();
  await next;
}
clearInterval(telling);
tell();
// Docker ends what is unhealthy like anything else: by this, the task counts as failed and not as done.
process.exitCode = isSignedIn ? 0 : 1;

/** A URL names where the database is for whoever has a network; here its socket is, named after the same port. */
function readLogin() {
  const text = readFileSync(secretPath, "utf8").trim();
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "postgresql:" && url?.protocol !== "postgres:") {
    process.stderr.write(`${secretPath} holds no postgresql:// URL\n`);
    process.exit(1);
  }
  return {
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    port: Number(url.port || 5432),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}

async function signIn() {
  const client = new pg.Client(login);
  client.on("error", () => undefined);
  try {
    await client.connect();
    succeeded();
  } catch (error) {
    failed(error);
  }
  await Promise.race([client.end(), pause(timeoutMilliseconds, undefined, { ref: false })]).catch(() => undefined);
}

function succeeded() {
  isSignedIn = true;
  counts.signedIn += 1;
  writeFileSync(healthyPath, "");
  keepCounts();
}

function failed(error) {
  isSignedIn = false;
  counts.failed += 1;
  rmSync(healthyPath, { force: true });
  const [reason] = `${error instanceof Error ? error.message : error}`.split("\n");
  const line = `failed to sign in as ${login.user}: ${reason}`;
  say(line);
  if (countsFolder)
    appendFileSync(join(countsFolder, `${hostname()}.failures`), `${new Date().toISOString()} ${line}\n`);
  keepCounts();
}

/** Whoever reads them meanwhile finds the former ones or these. */
function keepCounts() {
  if (!countsFolder) return;
  const path = join(countsFolder, `${hostname()}.json`);
  writeFileSync(`${path}.new`, JSON.stringify(counts));
  renameSync(`${path}.new`, path);
}

function tell() {
  say(`signed in ${counts.signedIn} times, failed ${counts.failed} times`);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

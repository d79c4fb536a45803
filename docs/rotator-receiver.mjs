/**
 * A receiver of the calls by which Skep sets passwords, to start from. It knows a few logins and keeps their passwords
 * as hashes in a file. docs/rotators.md has the contract. Node 20 or later runs it, without any package:
 *
 *   node rotator-receiver.mjs --keys keys.txt --state logins.json --login shop_a --login shop_b
 *
 * The lower half is what you replace: there the passwords of your own system are set, tested and locked.
 */
import { createHmac, randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    keys: { type: "string" }, // A file with a key on each line. While it is changed, there are two.
    state: { type: "string" },
    login: { type: "string", multiple: true }, // Without any, there is one password that belongs to no login.
    "keeps-old": { type: "boolean" }, // The old password works until `finish`.
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    certificate: { type: "string" }, // With its key: https. Anywhere but on loopback, passwords need that.
    "certificate-key": { type: "string" },
  },
});
if (!options.keys || !options.state) throw new Error("Name the files of keys and state: --keys and --state.");

/** In seconds, either way. */
const tolerance = 300;
const mostBytes = 4 * 1024 * 1024;

async function answer(request, response) {
  try {
    const body = await bodyOf(request);
    const [status, content] = isSigned(request.headers, body) ? perform(JSON.parse(body)) : [401];
    response.writeHead(status, { "content-type": "application/json" }).end(content && JSON.stringify(content));
  } catch (error) {
    process.stderr.write(`failed: ${error.code ?? error.name}\n`); // Its message may hold the password.
    response.writeHead(500).end();
  }
}

async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > mostBytes) throw new RangeError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** As Standard Webhooks are: over the bytes of the body as they came, before anything reads them. */
function isSigned(headers, body) {
  const { "webhook-id": id = "", "webhook-timestamp": time = "", "webhook-signature": signatures = "" } = headers;
  if (!/^\d{1,12}$/.test(time) || Math.abs(Date.now() / 1000 - Number(time)) > tolerance) return false;
  const keys = readFileSync(options.keys, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("whsec_"))
    .map((line) => Buffer.from(line.slice("whsec_".length), "base64"))
    // An empty one, where it could not be made, would be anybody's.
    .filter((key) => key.length >= 24);
  return keys.some((key) => {
    const code = createHmac("sha256", key);
    const expected = Buffer.from(`v1,${code.update(`${id}.${time}.`).update(body).digest("base64")}`);
    return signatures.split(" ").some((given) => isSame(Buffer.from(given), expected));
  });
}

/** Status and content of the answer. Nothing in here waits, so that one call is done before the next one begins. */
function perform({ version, step, login, generation, password, oldLogin, locksOld }) {
  if (version !== 1) return [400];
  if (!knows(login)) return [404, { error: "no-login" }];
  if (step === "check") return [204];
  const locked = step === "finish" && locksOld && oldLogin !== login && knows(oldLogin) ? [oldLogin] : [];
  if ([login, ...locked].some((each) => generation < kept(each).generation)) return [409, { error: "overtaken" }];
  if (step === "test") return [200, { accepted: accepts(login, password) }];
  if (step === "set") return setPassword(login, password, generation) ? [204] : [422];
  if (step !== "finish") return [400];
  forgetOld(login, generation);
  for (const each of locked) lock(each, generation);
  return [204];
}

// From here on it is yours. Whatever keeps the passwords keeps the highest generation of each login with them.

function knows(login) {
  return (options.login ?? [""]).includes(login ?? "");
}

function accepts(login, password) {
  return kept(login).passwords.some(({ salt, hash }) => isSame(hashOf(password, salt), Buffer.from(hash, "base64")));
}

/** False for a password that cannot be used. In the same turn it may come again, and counts once. */
function setPassword(login, password, generation) {
  if (password.length < 12) return false;
  const salt = randomBytes(16).toString("base64");
  const own = { generation, salt, hash: hashOf(password, salt).toString("base64") };
  const old = options["keeps-old"] ? kept(login).passwords.filter((each) => each.generation !== generation) : [];
  keep(login, { generation, passwords: [...old, own] });
  return true;
}

function forgetOld(login, generation) {
  keep(login, { generation, passwords: kept(login).passwords.slice(-1) });
}

function lock(login, generation) {
  keep(login, { generation, passwords: [] });
}

function kept(login) {
  return readState()[login ?? ""] ?? { generation: 0, passwords: [] };
}

/** All or nothing, whenever the power fails. */
function keep(login, entry) {
  const text = JSON.stringify({ ...readState(), [login ?? ""]: entry });
  writeFileSync(`${options.state}.next`, text, { mode: 0o600, flush: true });
  renameSync(`${options.state}.next`, options.state);
}

function readState() {
  return existsSync(options.state) ? JSON.parse(readFileSync(options.state, "utf8")) : {};
}

function hashOf(password, salt) {
  return scryptSync(password, Buffer.from(salt, "base64"), 32);
}

function isSame(one, other) {
  return one.length === other.length && timingSafeEqual(one, other);
}

const server = options.certificate
  ? createTlsServer({ cert: readFileSync(options.certificate), key: readFileSync(options["certificate-key"]) }, answer)
  : createServer(answer);
server.listen(Number(options.port), options.host, () => {
  const scheme = options.certificate ? "https" : "http";
  process.stdout.write(`${scheme}://${options.host}:${server.address().port}/\n`);
});

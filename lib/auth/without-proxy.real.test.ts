import "next/dist/server/node-environment-baseline.js";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { workAsyncStorage } from "next/dist/server/app-render/work-async-storage.external.js";
import { workUnitAsyncStorage } from "next/dist/server/app-render/work-unit-async-storage.external.js";
import { RequestCookies } from "next/dist/server/web/spec-extension/cookies.js";
import { beforeAll, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { sessionCookie } from "./cookie.ts";
import { requireActor } from "./require.ts";
import { configureFor, samplePassword, samplePerson } from "./sample.ts";
import { type FormState, idleForm } from "./schema.ts";
import { signIn } from "./sign-in.ts";

/** A form's, or the sentence that answers while a person types. */
type Action = (previous: FormState<never>, form: FormData) => Promise<FormState<unknown> | string>;

const console = fileURLToPath(new URL("../../app/(console)", import.meta.url));
const files = readdirSync(console, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith("actions.ts"));
const frontDoor = { "x-skep-path": "/secrets", "x-skep-peer": "127.0.0.1", "x-nonce": "n" };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  configureFor(db.url);
});

describe("a request that did not pass proxy.ts", () => {
  test.each(files)("of nobody changes nothing: every action of %s asks who it is", async (file) => {
    for (const headers of [{}, frontDoor]) {
      for (const [name, answer] of await callAll(file, headers)) {
        expect(answer, name).toMatch(/no longer signed in|^NEXT_REDIRECT;\w+;\/sign-in/);
      }
    }
  });

  test.each([[{}], [frontDoor]])(
    "of nobody is led from a page to the sign-in, with the headers %j",
    async (headers) => {
      await expect(inRequest(headers, requireActor)).rejects.toMatchObject({
        digest: expect.stringContaining("/sign-in"),
      });
    },
  );

  test("of a viewer counts as theirs by the cookie alone, and allows no more than a viewer may", async () => {
    const { personId, email } = await samplePerson(db.database, { role: "viewer" });
    const { token } = await signIn({ email, password: samplePassword }, { address: null, userAgent: null });
    const headers = { cookie: `${sessionCookie().name}=${token}` };
    expect(await inRequest(headers, requireActor)).toMatchObject({ personId, role: "viewer" });
    const answers = await callAll("secrets/[key]/[verb]/actions.ts", headers);
    expect(answers.length).toBeGreaterThan(5);
    for (const [name, answer] of answers) expect(answer, name).toMatch(/^Your role \(viewer\) may not/);
  });
});

/** What each action of the file says to a full form, or where it leads. */
async function callAll(file: string, headers: Record<string, string>): Promise<[string, string][]> {
  const actions = Object.entries((await import(join(console, file))) as Record<string, Action>);
  expect(actions.length).toBeGreaterThan(0);
  const answers: [string, string][] = [];
  for (const [name, action] of actions) {
    const answer = await inRequest(headers, () => action(idleForm as never, fullForm(file))).then(
      (state) => (typeof state === "string" ? state : (state.formError ?? JSON.stringify(state.fieldErrors))),
      (error: { digest?: string }) => String(error.digest ?? error),
    );
    answers.push([name, answer]);
  }
  return answers;
}

/** Every field that any action wants, so that none stops at its form. */
function fullForm(file: string): FormData {
  const form = new FormData();
  const ids = [
    "secretId",
    "personId",
    "sessionId",
    "invitationId",
    "versionId",
    "serviceId",
    "operationId",
    "clusterId",
    "sourceId",
    "rotatorId",
    "importId",
    "path",
  ];
  for (const name of [...ids, "fingerprint", "name", "target", "currentPassword"]) form.append(name, "x");
  const rest = { role: "viewer", email: "a@example.org", newPassword: samplePassword, source: "generated" };
  const settings = {
    order: "together",
    keepSeconds: "0",
    choice: "try-again",
    reason: "it has leaked",
    "secrets[]": '{"secretId":"x","source":"generated"}',
    "versions[]": '{"objectId":"x","number":1}',
  };
  const sources = {
    kind: "http",
    address: "https://values.example",
    versionIn: "none",
    take: "whole",
    oldStaysValid: "yes",
    folder: "",
    page: "",
    "items[]": '{"path":"x","name":"x","take":"whole"}',
  };
  const rotators = { credential: "key", make: "uuid", template: "{{password}}", writing: "own", login: "x" };
  for (const [name, text] of Object.entries({ ...rest, ...settings, ...sources, ...rotators, ...modeOf(file) }))
    form.append(name, text);
  return form;
}

/** A grant's is in octal, that of a binding a word. */
function modeOf(file: string): { mode?: string } {
  return /source|import/.test(file) ? { mode: "after-yes" } : {};
}

/** As Next runs a request that has these headers and no others. */
function inRequest<T>(headers: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const received = new Headers(headers);
  const request = { type: "request", phase: "render", headers: received, cookies: new RequestCookies(received) };
  return workAsyncStorage.run({ route: "/" } as never, () => workUnitAsyncStorage.run(request as never, work));
}

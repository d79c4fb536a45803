import { AsyncLocalStorage } from "node:async_hooks";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sessionCookie } from "#lib/auth/cookie.ts";
import { disablePerson } from "#lib/auth/people.ts";
import { revokeSession } from "#lib/auth/revoke-session.ts";
import { samplePerson } from "#lib/auth/sample.ts";
import { createSession } from "#lib/auth/sessions.ts";
import { closeDatabase } from "#lib/db/client.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { planGrant } from "#lib/grants/grant.ts";
import { decide } from "#lib/policy/permit.ts";
import type { Action, Person, Role, SubjectOf } from "#lib/policy/schema.ts";
import { planEdit } from "#lib/secrets/edit.ts";
import { editInput } from "#lib/secrets/schema.ts";
import { closeSwarm } from "#lib/swarm/connect.ts";

/**
 * Every server action as a browser can call it, with whatever a form says: without pages, and without the front door
 * (`proxy.ts`), which has no part in this. Docker is a stand-in that only answers questions, and remembers the rest.
 */

type Act = (form: FormData) => Promise<unknown>;
type Case = { action: string; roles: Role[]; fields: Record<string, string> };

const operators: Role[] = ["operator", "administrator"];
const administrators: Role[] = ["administrator"];
const everyone: Role[] = ["viewer", "auditor", "operator", "administrator"];
const own = { secretId: "secret-db", fingerprint: "forged" };
const operation = { operationId: "operation-of-someone-else" };
const another = { personId: "nobody-here" };
const source = { sourceId: "source-of-someone-else" };
/** Leads to where a source is not asked unless its settings say so: nothing of the network is needed. */
const anyAddress = { name: "mine", kind: "http", address: "https://127.0.0.1:1", versionIn: "", versionName: "" };
const rotator = { rotatorId: "rotator-of-someone-else" };
const anyReceiver = { name: "mine", kind: "http", address: "https://127.0.0.1:1", credential: "no_key", make: "uuid" };
const imported = '[{"path":"shop/db","name":"shop_db","take":"whole","field":""}]';

const cases: Case[] = [
  { action: "secrets/[key]/[verb]#rotate", roles: operators, fields: { ...own, source: "generated" } },
  {
    action: "secrets/[key]/[verb]#emergency",
    roles: administrators,
    fields: { ...own, source: "generated", reason: "it leaked" },
  },
  {
    action: "secrets/[key]/[verb]#rollBack",
    roles: operators,
    fields: { ...own, versionId: "version-1", oldStaysValid: "yes" },
  },
  { action: "secrets/[key]/[verb]#grant", roles: operators, fields: { ...own, serviceId: "service-web" } },
  {
    action: "secrets/[key]/[verb]#revoke",
    roles: operators,
    fields: { ...own, serviceId: "service-web", target: "db" },
  },
  { action: "secrets/[key]/[verb]#moveRest", roles: operators, fields: { ...own, oldStaysValid: "yes" } },
  { action: "secrets/[key]/[verb]#putBack", roles: operators, fields: own },
  { action: "secrets/[key]/[verb]#takeOver", roles: operators, fields: own },
  {
    action: "secrets/[key]/[verb]#adopt",
    roles: operators,
    fields: { ...own, name: "new", versions: '[{"objectId":"object-x","number":1}]' },
  },
  {
    action: "secrets/[key]/[verb]#edit",
    roles: operators,
    fields: { ...own, order: "together", keepSeconds: "3600", owner: "mallory" },
  },
  { action: "secrets/[key]/[verb]#retire", roles: administrators, fields: own },
  { action: "secrets/[key]/[verb]#keep", roles: operators, fields: own },
  {
    action: "secrets/rotate#rotateTogether",
    roles: operators,
    fields: { fingerprint: "forged", secrets: '[{"secretId":"secret-db","source":"generated"}]' },
  },
  { action: "secrets/import#browse", roles: administrators, fields: { ...source, folder: "", page: "" } },
  { action: "secrets/import#plan", roles: administrators, fields: { ...source, items: imported } },
  {
    action: "secrets/import#start",
    roles: administrators,
    fields: { ...source, items: imported, mode: "by-itself", oldStaysValid: "yes" },
  },
  { action: "secrets/import/[id]#retry", roles: administrators, fields: { importId: "import-of-someone-else" } },
  { action: "secrets/import/[id]#stop", roles: administrators, fields: { importId: "import-of-someone-else" } },
  {
    action: "secrets/[key]/source#bind",
    roles: administrators,
    fields: { ...own, ...source, path: "shop/db", take: "whole", mode: "by-itself", oldStaysValid: "yes" },
  },
  { action: "secrets/[key]/source#unbind", roles: operators, fields: own },
  { action: "secrets/[key]/source#compare", roles: operators, fields: own },
  { action: "secrets/[key]/source#look", roles: operators, fields: own },
  { action: "secrets/[key]/source#browse", roles: administrators, fields: { ...source, folder: "", page: "" } },
  { action: "settings/sources#add", roles: administrators, fields: anyAddress },
  { action: "settings/sources#change", roles: administrators, fields: { ...source, ...anyAddress } },
  { action: "settings/sources#check", roles: administrators, fields: source },
  { action: "settings/sources#remove", roles: administrators, fields: source },
  { action: "settings/sources#makeKey", roles: administrators, fields: source },
  {
    action: "secrets/[key]/rotator#attach",
    roles: administrators,
    fields: { ...own, ...rotator, writing: "{{password}}", login: "app_a" },
  },
  { action: "secrets/[key]/rotator#detach", roles: administrators, fields: own },
  { action: "secrets/[key]/rotator#example", roles: administrators, fields: { ...own, template: "{{password}}" } },
  { action: "settings/rotators#add", roles: administrators, fields: anyReceiver },
  { action: "settings/rotators#change", roles: administrators, fields: { ...rotator, ...anyReceiver } },
  { action: "settings/rotators#check", roles: administrators, fields: rotator },
  { action: "settings/rotators#remove", roles: administrators, fields: rotator },
  { action: "secrets/new#create", roles: operators, fields: { ...own, name: "new", source: "generated" } },
  { action: "operations/[id]#stop", roles: operators, fields: operation },
  { action: "operations/[id]#undo", roles: operators, fields: operation },
  { action: "operations/[id]#decide", roles: operators, fields: { ...operation, choice: "accept" } },
  {
    action: "settings/people#invite",
    roles: administrators,
    fields: { email: "eve@example.org", role: "administrator" },
  },
  { action: "settings/people#withdraw", roles: administrators, fields: { invitationId: "x", role: "viewer" } },
  { action: "settings/people#changeRole", roles: administrators, fields: { ...another, role: "administrator" } },
  { action: "settings/people#disable", roles: administrators, fields: another },
  { action: "settings/people#enable", roles: administrators, fields: another },
  { action: "settings/people#makePasswordLink", roles: administrators, fields: another },
  { action: "settings/defaults#saveDefaults", roles: administrators, fields: { order: "together", keepSeconds: "0" } },
  { action: "settings/defaults#pause", roles: operators, fields: { reason: "because" } },
  { action: "settings/defaults#resume", roles: operators, fields: {} },
  { action: "settings/swarm#recognise", roles: administrators, fields: { clusterId: "another" } },
  { action: "settings/account#revokeSession", roles: administrators, fields: { ...another, sessionId: "x" } },
  {
    action: "settings/account#changePassword",
    roles: everyone,
    fields: { currentPassword: "not the right one", newPassword: "a much longer one than that" },
  },
  { action: "audit#verify", roles: ["auditor", "administrator"], fields: {} },
];

let db: TestDatabase;
let folder: string;
let docker: Server;
/** What Docker was asked that is no question. */
const writes: string[] = [];
let questions = 0;
const swarm: Record<string, unknown> = {
  "/swarm": { ID: "cluster-1", Spec: { Name: "default" } },
  "/version": { Version: "20.10.24" },
  "/nodes": [{ ID: "node-1", Spec: { Role: "manager" }, ManagerStatus: { Leader: true, Reachability: "reachable" } }],
  "/tasks": [],
  "/volumes": { Volumes: [] },
  "/secrets": [{ ID: "object-db", Version: { Index: 3 }, CreatedAt: "", Spec: { Name: "db_v1", Labels: {} } }],
  "/services": [serviceOf("shop_api", "shop", ["object-db"]), serviceOf("blog_web", "blog", [])],
};

beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), "skep-rights-"));
  docker = createServer((request, response) => {
    const path = new URL(request.url ?? "", "http://docker").pathname;
    if (request.method === "GET") questions += 1;
    else writes.push(`${request.method} ${path}`);
    response.statusCode = path in swarm && request.method === "GET" ? 200 : 404;
    response.end(JSON.stringify(swarm[path] ?? { message: "none" }));
  });
  await new Promise<void>((resolve) => docker.listen(join(folder, "docker.sock"), resolve));
  configure(
    configurationFrom(readEnvironment({}), {
      databaseUrl: db.url,
      sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
      docker: { host: `unix://${folder}/docker.sock`, certPath: null, isTlsVerified: false },
    }),
  );
  await addSecret("secret-db", "db", "cluster-1", "object-db");
  await addSecret("secret-elsewhere", "elsewhere", "cluster-2", "object-db");
});

afterAll(async () => {
  await closeSwarm();
  await closeDatabase();
  await db?.drop();
  docker?.close();
  docker?.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  writes.length = 0;
  questions = 0;
});

function serviceOf(name: string, stack: string, objectIds: string[]) {
  const Secrets = objectIds.map((SecretID) => ({
    SecretID,
    SecretName: "db_v1",
    File: { Name: "db", UID: "0", GID: "0", Mode: 0o444 },
  }));
  return {
    ID: `service-${name}`,
    Version: { Index: 7 },
    CreatedAt: "",
    UpdatedAt: "",
    ServiceStatus: { RunningTasks: 1, DesiredTasks: 1 },
    Spec: {
      Name: name,
      Labels: { "com.docker.stack.namespace": stack },
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: { ContainerSpec: { Image: "busybox", Secrets } },
    },
  };
}

async function addSecret(id: string, name: string, clusterId: string, objectId: string): Promise<void> {
  await db.database.secret.create({ data: { id, name, clusterId } });
  await db.database.version.create({
    data: {
      id: `version-of-${id}`,
      clusterId,
      secretId: id,
      number: 1,
      objectId,
      objectName: `${name}_v1`,
      state: "current",
    },
  });
}

/** A person with a session of hers, as her browser would send it. */
async function signedIn(role: Role) {
  const person = await samplePerson(db.database, { role });
  const session = await transaction((tx) => createSession(tx, person.personId, { address: null, userAgent: null }));
  return { person: { ...person, sessionId: session.sessionId }, ...session };
}

async function actionOf(name: string): Promise<Act> {
  const [folderOfIt, exported = ""] = name.split("#");
  // By its whole path: a pattern would not reach into folders.
  const path = join(import.meta.dirname, `../app/(console)/${folderOfIt}/actions.ts`);
  const actions = (await import(/* @vite-ignore */ path)) as Record<string, unknown>;
  const action = actions[exported] as (previous: unknown, form: FormData) => Promise<unknown>;
  return (form) => action({ status: "idle" }, form);
}

/** Calls the action as a form would. */
async function post(name: string, token: string | null, fields: Record<string, string>) {
  const form = new FormData();
  for (const [field, text] of Object.entries(fields)) form.append(field, text);
  const act = await actionOf(name);
  return inRequest(token, async () =>
    act(form).then(
      (state) => state as { status: string; formError: string | null; fieldErrors: Record<string, string> },
      (thrown: unknown) => ({ status: "thrown", formError: String(thrown), fieldErrors: {} }),
    ),
  );
}

/** What Next knows of a request: whether its answer brings the page along, and whether that is being made by now. */
type NextScope = { work: { route: string; pathWasRevalidated?: unknown }; request: { phase: "action" | "render" } };

/** Next's own scope of a request, so that what runs in it finds the cookie where it looks for it. */
async function inRequest<T>(token: string | null, run: (scope: NextScope) => Promise<T>): Promise<T> {
  const { workAsyncStorage } = await import("next/dist/server/app-render/work-async-storage.external.js");
  const { workUnitAsyncStorage } = await import("next/dist/server/app-render/work-unit-async-storage.external.js");
  const jar = {
    get: (wanted: string) => (token && wanted === sessionCookie().name ? { name: wanted, value: token } : undefined),
    getAll: () => [],
    set: () => undefined,
  };
  const request = {
    type: "request",
    phase: "action" as const,
    cookies: jar,
    mutableCookies: jar,
    userspaceMutableCookies: jar,
    headers: new Headers(),
  };
  const work = { route: "/", page: "/page", forceStatic: false, dynamicShouldError: false, incrementalCache: {} };
  return workAsyncStorage.run(work as never, () =>
    workUnitAsyncStorage.run(request as never, () => run({ work, request })),
  );
}

async function rows() {
  const { operation: operations, secret, grant, person, invitation, setting, source: sources } = db.database;
  const counts = [
    operations.count(),
    secret.count(),
    grant.count(),
    person.count(),
    invitation.count(),
    setting.count(),
    sources.count(),
    db.database.binding.count(),
    db.database.importItem.count(),
    db.database.rotator.count(),
    db.database.attachment.count(),
  ];
  return Promise.all(counts);
}

const denials = () => db.database.auditEvent.count({ where: { type: "permit.denied" } });

function permitOf<A extends Action>(actor: Person, action: A, subject: SubjectOf<A>) {
  const permit = decide(actor, action, subject);
  if (!permit) throw new Error("no permit");
  return permit;
}

describe("every server action", () => {
  it("is in the list of this test", () => {
    const files = readdirSync("app/(console)", { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith("actions.ts"),
    );
    const found = files.flatMap((file) => {
      const names = readFileSync(`app/(console)/${file}`, "utf8").matchAll(/^export async function (\w+)\(_/gm);
      return [...names].map(([, name]) => `${file.replace(/\/actions\.ts$/, "")}#${name}`);
    });
    expect(found.toSorted()).toEqual(cases.map(({ action }) => action).toSorted());
  });

  it.each(cases)(
    "$action is nothing to whoever is not signed in, or may not: it asks that first",
    async ({ action, roles, fields }) => {
      const before = await rows();
      const nobody = await post(action, null, fields);
      expect(nobody).toMatchObject({ status: "error", formError: expect.stringContaining("no longer signed in") });
      for (const role of everyone.filter((each) => !roles.includes(each))) {
        const { token } = await signedIn(role);
        const people = await rows();
        const denied = await denials();
        const state = await post(action, token, fields);
        expect(state).toMatchObject({
          status: "error",
          formError: `Your role (${role}) may not do this. Ask an administrator.`,
        });
        expect(await denials()).toBe(denied + 1);
        expect(await rows()).toEqual(people);
      }
      const after = await rows();
      const unchanged = [0, 1, 5, 6, 7, 8, 9, 10];
      expect(unchanged.map((place) => after[place])).toEqual(unchanged.map((place) => before[place]));
      expect({ writes, questions }).toEqual({ writes: [], questions: 0 });
    },
  );

  it.each(cases)("$action is open to those who may", async ({ action, roles, fields }) => {
    for (const role of roles) {
      const { token } = await signedIn(role);
      const denied = await denials();
      const { formError } = await post(action, token, fields);
      expect(formError ?? "").not.toMatch(/may not do this|no longer signed in/);
      expect(await denials()).toBe(denied);
    }
    expect(writes).toEqual([]);
  });
});

describe("a session", () => {
  it("that was revoked is dead at the next request", async () => {
    const { token, person } = await signedIn("administrator");
    const fields = { ...own, source: "generated" };
    expect((await post("secrets/[key]/[verb]#rotate", token, fields)).formError).not.toContain("signed in");
    const subject = { sessionId: person.sessionId, personId: person.personId };
    await revokeSession(permitOf(person, "session.revoke", subject));
    expect((await post("secrets/[key]/[verb]#rotate", token, fields)).formError).toContain("no longer signed in");
  });

  it("of a disabled person is dead at the next request, and the role is the one of now", async () => {
    const [{ token, person }, { person: administrator }] = [
      await signedIn("operator"),
      await signedIn("administrator"),
    ];
    const fields = { ...own, source: "generated" };
    await db.database.person.update({ where: { id: person.personId }, data: { role: "viewer" } });
    expect((await post("secrets/[key]/[verb]#rotate", token, fields)).formError).toContain("(viewer) may not");
    await disablePerson(permitOf(administrator, "person.change", { personId: person.personId }));
    expect((await post("secrets/[key]/[verb]#rotate", token, fields)).formError).toContain("no longer signed in");
  });

  it("that never was, or is somebody's ID, is none", async () => {
    const { person } = await signedIn("administrator");
    for (const token of ["x".repeat(43), person.sessionId, person.personId]) {
      expect((await post("audit#verify", token, {})).formError).toContain("no longer signed in");
    }
  });
});

describe("a page that is made anew", () => {
  /** They need the scope of a request to be there when they are loaded. */
  const loaded = async () => ({
    ...(await import("#lib/auth/require.ts")),
    ...(await import("../app/(console)/refresh-page.ts")),
  });
  const revoke = ({ person }: Awaited<ReturnType<typeof signedIn>>) =>
    revokeSession(permitOf(person, "session.revoke", { sessionId: person.sessionId, personId: person.personId }));

  it("is left as it is where the session has ended: no page is made, and nobody is led away from her form", async () => {
    const { refreshPage } = await loaded();
    const session = await signedIn("operator");
    await revoke(session);
    await inRequest(session.token, async ({ work }) => {
      expect(await refreshPage()).toContain("no longer signed in");
      expect(work.pathWasRevalidated).toBeUndefined();
    });
  });

  it("is made to its end where the session ends meanwhile, and the next request finds nobody", async () => {
    const { refreshPage, requireActor } = await loaded();
    const session = await signedIn("operator");
    await inRequest(session.token, async ({ work, request }) => {
      expect(await refreshPage()).toBeNull();
      expect(work.pathWasRevalidated).toBeDefined();
      request.phase = "render";
      await revoke(session);
      expect((await requireActor()).sessionId).toBe(session.person.sessionId);
    });
    await inRequest(session.token, async ({ work }) => {
      expect(await refreshPage()).toContain("no longer signed in");
      expect(work.pathWasRevalidated).toBeUndefined();
    });
  });

  it("after an action that is no refresh is for whoever is still signed in", async () => {
    const { insideAction, requireActor } = await loaded();
    const session = await signedIn("operator");
    await inRequest(session.token, async ({ request }) => {
      await insideAction(() => requireActor());
      request.phase = "render";
      await revoke(session);
      await expect(requireActor()).rejects.toMatchObject({ digest: expect.stringContaining("NEXT_REDIRECT") });
    });
  });
});

describe("a forged form", () => {
  it("with a fingerprint that is none is asked again, whatever the verb, and nothing is done", async () => {
    const { token } = await signedIn("administrator");
    const verbs: [string, Record<string, string>][] = [
      ["rotate", { source: "generated" }],
      ["emergency", { source: "generated", reason: "it leaked", oldStaysValid: "no" }],
      ["grant", { serviceId: "service-blog_web" }],
      ["revoke", { serviceId: "service-shop_api", target: "db" }],
      ["edit", { order: "together", keepSeconds: "3600", owner: "mallory" }],
    ];
    const before = await rows();
    for (const [verb, fields] of verbs) {
      const state = await post(`secrets/[key]/[verb]#${verb}`, token, { ...own, ...fields });
      expect(state.formError, verb).toContain("has changed since this plan was made");
    }
    expect((await rows()).slice(0, 3)).toEqual(before.slice(0, 3));
    expect(writes).toEqual([]);
  });

  it("with a secret of another Swarm finds nothing, even where the object's ID is the same", async () => {
    const { token } = await signedIn("administrator");
    const verbs: Record<string, Record<string, string>> = {
      rotate: { source: "generated" },
      retire: {},
      putBack: {},
      moveRest: { oldStaysValid: "yes" },
      takeOver: {},
      keep: {},
      grant: { serviceId: "service-blog_web" },
      edit: { order: "together", keepSeconds: "3600" },
      rollBack: { versionId: "version-of-secret-elsewhere" },
    };
    for (const [verb, fields] of Object.entries(verbs)) {
      const forged = { ...own, ...fields, secretId: "secret-elsewhere" };
      const state = await post(`secrets/[key]/[verb]#${verb}`, token, forged);
      expect(state.formError, verb).toContain("Skep does not know this secret");
    }
    expect(await db.database.operation.count()).toBe(0);
  });

  it("with a version of another secret finds none", async () => {
    const { token } = await signedIn("administrator");
    await addSecret("secret-other", "other", "cluster-1", "object-other");
    const forged = { ...own, versionId: "version-of-secret-other" };
    const back = await post("secrets/[key]/[verb]#rollBack", token, forged);
    expect(Object.values(back.fieldErrors).join()).toContain("no longer in the Swarm");
    const retired = await post("secrets/[key]/[verb]#retire", token, forged);
    expect(retired.formError).toContain("nothing to retire");
  });

  it("of an operator grants nothing across stacks, also with the fingerprint of an administrator's plan", async () => {
    const { person: administrator } = await signedIn("administrator");
    const { token } = await signedIn("operator");
    const wish = { secretId: "secret-db", serviceId: "service-blog_web" };
    const { fingerprint, plan } = await planGrant(administrator, wish);
    expect(plan.warnings.find(({ code }) => code === "across-stacks")).toMatchObject({ blocks: false });
    const denied = await denials();
    const state = await post("secrets/[key]/[verb]#grant", token, { ...wish, fingerprint });
    expect(state.formError).toContain("(operator) may not do this");
    expect(await denials()).toBe(denied + 1);
    expect(await db.database.operation.count()).toBe(0);
    expect(writes).toEqual([]);
  });

  it("that is sent twice is done once", async () => {
    const { token, person } = await signedIn("operator");
    const fields = { secretId: "secret-db", order: "together", keepSeconds: "7200", owner: "payments" };
    const { fingerprint } = await planEdit(person, editInput.parse(fields));
    const both = await Promise.all(
      [1, 2].map(() => post("secrets/[key]/[verb]#edit", token, { ...fields, fingerprint })),
    );
    expect(await db.database.operation.count({ where: { kind: "edit" } })).toBe(1);
    const third = await post("secrets/[key]/[verb]#edit", token, { ...fields, fingerprint });
    expect([...both, third].filter(({ status }) => status === "error")).toHaveLength(2);
  });

  it("for an operation that is none says so", async () => {
    const { token } = await signedIn("operator");
    for (const verb of ["stop", "undo"]) {
      expect((await post(`operations/[id]#${verb}`, token, operation)).formError).toContain("no such operation");
    }
  });
});

// Next finds this on its own server; in a test nobody has put it there.
Object.assign(globalThis, { AsyncLocalStorage });

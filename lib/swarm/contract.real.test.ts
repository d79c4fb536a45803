import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createServer as createTlsServer,
  getCACertificates,
  type SecureVersion,
  setDefaultCACertificates,
} from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type AppError, type ErrorCode, isAppError } from "#lib/errors.ts";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { importSampleImage, sampleImage } from "#lib/ground/sample-image.ts";
import { SecretValue } from "#lib/value.ts";
import { connectGateway } from "./docker.ts";
import { connectEvents } from "./events.ts";
import type { SwarmGateway } from "./gateway.ts";
import { applyEdits, referencesIn } from "./patch.ts";
import { type RecordingProxy, startRecordingProxy } from "./recording-proxy.ts";
import type { SecretObject, ServiceObject, ServiceSpec, TaskObject } from "./schema.ts";
import { specFromText, specText } from "./spec.ts";
import { testAuthority } from "./test-certificates.ts";

let folder: string;
let engine: RunningEngine;
let proxy: RecordingProxy;
let gateway: SwarmGateway;
let count = 0;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-swarm-")));
  engine = await startEngine({ dataFolder: folder });
  await importSampleImage(engine.api);
  const socketPath = join(folder, "proxy.sock");
  proxy = await startRecordingProxy({ socketPath, targetSocketPath: engine.socketPath });
  gateway = connectGateway({ endpoints: [endpoint(socketPath)] });
});

afterAll(async () => {
  await proxy?.stop();
  await eraseEngine(folder);
  rmSync(folder, { recursive: true, force: true });
});

function endpoint(socketPath: string) {
  return { host: `unix://${socketPath}`, certPath: null, isTlsVerified: false };
}

function aValue(text: string): SecretValue {
  return new SecretValue(Buffer.from(text));
}

async function makeSecret(text = "a value"): Promise<SecretObject> {
  count += 1;
  const { id } = await gateway.createSecret({ name: `secret-${count}`, labels: {}, templating: null }, aValue(text));
  return found(await gateway.findSecret(id));
}

type Making = {
  secrets?: { object: SecretObject; target: string }[];
  container?: object;
  template?: object;
  rest?: object;
};

async function makeService({
  secrets = [],
  container = {},
  template = {},
  rest = {},
}: Making = {}): Promise<ServiceObject> {
  count += 1;
  const Secrets = secrets.map(({ object, target }) => ({
    File: { Name: target, UID: "1000", GID: "0", Mode: 0o400 },
    SecretID: object.id,
    SecretName: object.name,
  }));
  const { ID } = await engine.api.call<{ ID: string }>("POST", "/services/create", {
    Name: `service-${count}`,
    TaskTemplate: { ContainerSpec: { Image: sampleImage, Secrets, ...container }, ...template },
    Mode: { Replicated: { Replicas: 1 } },
    ...rest,
  });
  return found(await gateway.findService(ID));
}

function found<T>(value: T | null | undefined): T {
  expect(value ?? null).not.toBeNull();
  return value as T;
}

async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = performance.now() + 240_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error("not seen in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** As the executor does it: the orchestrator's own changes move the version on too, so it reads again and sends anew. */
function update(id: string, change: (service: ServiceObject) => ServiceSpec): Promise<ServiceObject> {
  return until(async () => {
    const service = found(await gateway.findService(id));
    try {
      await gateway.updateService(id, service.versionIndex, change(service));
      return service;
    } catch (error) {
      if (isAppError(error, "swarm-conflict")) return null;
      throw error;
    }
  });
}

function taskOf(serviceId: string, state: TaskObject["state"]): Promise<TaskObject> {
  return until(async () => (await gateway.listTasks({ serviceIds: [serviceId] })).find((task) => task.state === state));
}

async function failure(work: Promise<unknown>, code: ErrorCode): Promise<AppError> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(isAppError(error, code), String(error)).toBe(true);
  return error as AppError;
}

describe("a value on its way to the Swarm", () => {
  const bytes = Buffer.from([0, 255, 13, 10, 43, 47, 61, 34, 92, ...Buffer.from("canary\r\nvalue ä")]);

  it("is in the body of one request, byte for byte, in no path, and forgotten after it", async () => {
    const before = proxy.requests().length;
    const labels = { "io.skep.operation": "o1", quoted: 'a "label" with } and ä' };
    const { id } = await gateway.createSecret(
      { name: "on-the-wire", labels, templating: null },
      new SecretValue(bytes),
    );
    const requests = proxy.requests().slice(before);
    const [creation, ...others] = requests.filter(({ method }) => method === "POST");
    expect(others).toEqual([]);
    expect(creation?.path).toBe("/secrets/create");
    const expected = { Name: "on-the-wire", Labels: labels, Data: bytes.toString("base64") };
    expect(creation?.body.toString()).toBe(JSON.stringify(expected));
    expect(found(await gateway.findSecret(id)).labels).toEqual(labels);
    expect(
      proxy
        .requests()
        .map(({ path }) => path)
        .join("\n"),
    ).not.toContain(bytes.toString("base64").slice(0, 12));
  });

  it("arrives in the container as it was sent, at both ends of the allowed length", async () => {
    const long = Buffer.alloc(511_999, "é");
    const object = found(
      await gateway.createSecret({ name: "long", labels: {}, templating: null }, new SecretValue(long)),
    );
    const one = await gateway.createSecret({ name: "x", labels: {}, templating: null }, aValue("\0"));
    const secrets = [object, one].map(({ id }, index) => ({
      object: { id, name: ["long", "x"][index] } as SecretObject,
      target: `f${index}`,
    }));
    const check = `[ $(wc -c < /run/secrets/f0) = 511999 ] && [ $(wc -c < /run/secrets/f1) = 1 ] && exec sleep 1000`;
    const service = await makeService({ secrets, container: { Command: ["/bin/sh", "-c"], Args: [check] } });
    const task = await taskOf(service.id, "running");
    expect(task.secretObjectIds.toSorted()).toEqual([object.id, one.id].toSorted());
  });

  it("is not in the error of a refused call, nor in its cause", async () => {
    const error = await failure(
      gateway.createSecret({ name: "not a name", labels: {}, templating: null }, aValue("canary-in-a-refused-call")),
      "swarm-refused",
    );
    const printed = JSON.stringify([error, error.message, error.stack, error.cause, String(error.cause)]);
    expect(printed).not.toContain("canary");
    expect(printed).not.toContain(Buffer.from("canary-in-a-refused-call").toString("base64").slice(0, 10));
  });

  it("is compared with the stored one without a write, by its three answers", async () => {
    const object = await makeSecret("the stored one");
    expect(await gateway.compareSecret(object, aValue("the stored one"))).toBe("equal");
    expect(await gateway.compareSecret(object, aValue("another"))).toBe("different");
    expect(await gateway.compareSecret({ ...object, id: "nosuchobject" }, aValue("another"))).toBe("unknown");
    expect(found(await gateway.findSecret(object.id))).toEqual(object);
  });
});

describe("secret objects", () => {
  it("have names that are taken whatever the capitals", async () => {
    await gateway.createSecret({ name: "Taken", labels: {}, templating: null }, aValue("v"));
    const again = gateway.createSecret({ name: "tAKEN", labels: {}, templating: null }, aValue("v"));
    expect((await failure(again, "name-taken")).field).toBe("name");
  });

  it("carry their template driver and are found by label", async () => {
    const labels = { "io.skep.operation": "by-label" };
    const { id } = await gateway.createSecret(
      { name: "templated", labels, templating: "golang" },
      aValue("{{.Service.Name}}"),
    );
    const objects = await gateway.listSecrets({ labels });
    expect(objects.map((object) => [object.id, object.templating])).toEqual([[id, "golang"]]);
    expect(await gateway.listSecrets({ labels: { "io.skep.operation": "by" } })).toEqual([]);
  });

  it("are found by their whole ID only, never by name or beginning", async () => {
    const object = await makeSecret();
    expect(await gateway.findSecret(object.name)).toBeNull();
    expect(await gateway.findSecret(object.id.slice(0, 10))).toBeNull();
    await gateway.removeSecret(object.name);
    await gateway.removeSecret(object.id.slice(0, 10));
    expect(await gateway.findSecret(object.id)).toEqual(object);
  });

  it("cannot be removed while a service names them; removed twice they are gone once", async () => {
    const object = await makeSecret();
    const service = await makeService({ secrets: [{ object, target: "used" }] });
    const error = await failure(gateway.removeSecret(object.id), "swarm-refused");
    expect(error.publicMessage).toContain("still names this secret");
    await engine.api.call("DELETE", `/services/${service.id}`);
    await gateway.removeSecret(object.id);
    await gateway.removeSecret(object.id);
    expect(await gateway.findSecret(object.id)).toBeNull();
  });
});

describe("a service's spec", () => {
  const long = "9007199254740993";

  async function makeLong(secrets: Making["secrets"]): Promise<ServiceObject> {
    const service = await makeService({
      secrets: secrets ?? [],
      template: { Placement: { Constraints: ["node.labels.no == 1"] } },
    });
    // The number cannot be written in JavaScript, so it is put in as text.
    await update(service.id, ({ spec }) => {
      const text = specText(spec).replace('"Resources":{},', "");
      return specFromText(
        text.replace('"ForceUpdate"', `"Resources":{"Limits":{"MemoryBytes":${long}}},"ForceUpdate"`),
      );
    });
    return found(await gateway.findService(service.id));
  }

  it("goes back with every number as it came, above 2^53 too, alone and in a list", async () => {
    const object = await makeSecret();
    const next = await makeSecret();
    const { id, spec } = await makeLong([{ object, target: "a" }]);
    expect(specText(spec)).toContain(`"MemoryBytes":${long}}`);
    const to = { objectId: next.id, objectName: next.name };
    const patched = applyEdits(spec, [{ edit: "replace", fromObjectIds: [object.id], to }]);
    const { versionIndex } = await update(id, () => patched.spec);
    const sent = proxy.requests().findLast(({ method }) => method === "POST");
    expect(sent?.path).toBe(`/services/${id}/update?version=${versionIndex}`);
    expect(sent?.body.toString()).toBe(specText(patched.spec));
    const listed = found((await gateway.listServices()).find((service) => service.id === id));
    expect(specText(listed.spec)).toBe(specText(patched.spec));
    expect(listed.references).toEqual([
      { objectId: next.id, objectName: next.name, target: "a", uid: "1000", gid: "0", mode: 0o400 },
    ]);
    expect(listed.previousReferences?.map(({ objectId }) => objectId)).toEqual([object.id]);
    expect(referencesIn(listed.spec)).toEqual(listed.references);
  });

  it("is refused when anybody was faster", async () => {
    const service = await makeService();
    const { versionIndex } = await update(service.id, ({ spec }) => spec);
    await failure(gateway.updateService(service.id, versionIndex, service.spec), "swarm-conflict");
  });

  it("sent back as it is makes Docker forget the one before, and restarts nothing", async () => {
    const object = await makeSecret();
    const service = await makeService({
      secrets: [{ object, target: "a" }],
      container: { Command: ["sleep", "1000"] },
    });
    const task = await taskOf(service.id, "running");
    await update(service.id, ({ spec }) => spec);
    const after = found(await gateway.findService(service.id));
    expect(after.previousReferences).toEqual(after.references);
    expect(after.update).toBeNull();
    const tasks = await gateway.listTasks({ serviceIds: [service.id] });
    expect(tasks.map(({ id, state }) => [id, state])).toEqual([[task.id, "running"]]);
  });

  it("that Docker refuses leaves none of its environment in the error", async () => {
    const service = await makeService({ container: { Env: ["PASSWORD=canary-in-the-spec"] } });
    const broken = specFromText(specText(service.spec).replace('"Name":"service', '"Name":"canary-in-the-spec !'));
    const error = await failure(gateway.updateService(service.id, service.versionIndex, broken), "swarm-refused");
    expect(JSON.stringify([error.stack, String(error.cause)])).not.toContain("canary");
  });
});

describe("what is read", () => {
  it("tells of a service what pages and plans need, and no value", async () => {
    const container = {
      Command: ["sleep", "1000"],
      User: "1000:1000",
      Env: ["PASSWORD=canary", "EMPTY"],
      Healthcheck: { Test: ["CMD", "true"], Interval: 3_000_000_000, Retries: 2, StartPeriod: 1_500_000_000 },
    };
    const service = await makeService({
      container,
      template: { RestartPolicy: { Condition: "on-failure" } },
      rest: {
        Labels: { "com.docker.stack.namespace": "shop", note: "canary" },
        Mode: { Replicated: { Replicas: 2 } },
        UpdateConfig: {
          Parallelism: 0,
          Delay: 2_000_000_000,
          Monitor: 7_000_000_000,
          FailureAction: "rollback",
          Order: "start-first",
        },
      },
    });
    expect(service).toMatchObject({
      stack: "shop",
      mode: { type: "replicated", replicas: 2 },
      restartCondition: "on-failure",
      user: "1000:1000",
      environmentNames: ["PASSWORD", "EMPTY"],
      healthCheck: { intervalSeconds: 3, retries: 2, startPeriodSeconds: 1.5 },
      updatePolicy: {
        parallelism: 0,
        delaySeconds: 2,
        monitorSeconds: 7,
        failureAction: "rollback",
        order: "start-first",
      },
      isImagePinned: false,
      previousReferences: null,
      update: null,
    });
    expect(service.labelKeys.toSorted()).toEqual(["com.docker.stack.namespace", "note"]);
    expect(JSON.stringify(service)).not.toContain("canary");
    const counted = await until(async () => {
      const seen = await gateway.findService(service.id);
      return seen?.tasks.running === 2 && seen;
    });
    expect(counted.tasks).toEqual({ running: 2, desired: 2, completed: 0 });
  });

  it("tells of a failed task its exit code and words, without its values", async () => {
    const service = await makeService({
      container: { Command: ["/canary-command-that-is-not-there"], Env: ["A=canary-env"] },
      template: { RestartPolicy: { Condition: "none" } },
    });
    const rejected = await until(async () => {
      const [task] = await gateway.listTasks({ serviceIds: [service.id] });
      return task?.error !== null && task;
    });
    expect(["rejected", "failed"]).toContain(rejected.state);
    expect(rejected.error).toMatch(/\w+/);
    expect(rejected.error).not.toContain("canary");
    const ending = await makeService({
      container: { Command: ["sh", "-c", "exit 3"] },
      template: { RestartPolicy: { Condition: "none" } },
    });
    expect(await taskOf(ending.id, "failed")).toMatchObject({ exitCode: 3, slot: 1, error: "task: non-zero exit (3)" });
  });

  it("counts the tasks of a service that is gone as those that are left, and does not fail", async () => {
    const kept = await makeService({ container: { Command: ["sleep", "1000"] } });
    await taskOf(kept.id, "running");
    const gone = await makeService();
    await engine.api.call("DELETE", `/services/${gone.id}`);
    const tasks = await gateway.listTasks({ serviceIds: [gone.id, kept.id] });
    expect(tasks.some(({ serviceId }) => serviceId === kept.id)).toBe(true);
    expect(await gateway.findService(gone.id)).toBeNull();
    expect(await gateway.findService(kept.name)).toBeNull();
  });

  it("tells of nodes, the cluster and volumes", async () => {
    const cluster = await gateway.readCluster();
    expect(cluster).toMatchObject({ name: "default", isAutolocked: false });
    expect(cluster.engineVersion).toMatch(/^\d+\./);
    expect(await gateway.listNodes()).toMatchObject([
      { role: "manager", state: "ready", availability: "active", isLeader: true, isReachable: true },
    ]);
    await engine.api.call("POST", "/volumes/create", { Name: "local-one" });
    expect(await gateway.listVolumes()).toContainEqual({ id: "local-one", name: "local-one", secretObjectIds: [] });
  });
});

describe("a Swarm that does not answer as it should", () => {
  it("is unreachable where there is no engine", async () => {
    const nobody = connectGateway({ endpoints: [endpoint(join(folder, "nobody.sock"))] });
    const error = await failure(nobody.listSecrets(), "swarm-unreachable");
    expect(error.publicMessage).toContain("nobody.sock");
  });

  it("is cut off when the time is over, and the connection with it", async () => {
    const socketPath = join(folder, "silent.sock");
    let open = 0;
    const silent = createServer((socket) => {
      open += 1;
      socket.on("close", () => {
        open -= 1;
      });
      // Everything is taken, nothing is answered.
      socket.resume();
    });
    await new Promise<void>((resolve) => silent.listen(socketPath, resolve));
    onTestFinished(() => new Promise<void>((resolve) => silent.close(() => resolve())));
    const slow = connectGateway({ endpoints: [endpoint(socketPath)], callTimeoutSeconds: 0.3 });
    const began = performance.now();
    await failure(slow.listSecrets(), "swarm-unreachable");
    expect(performance.now() - began).toBeLessThan(15_000);
    await until(async () => open === 0);
  });

  it("that stops in the middle of an answer leaves it unknown whether the call had an effect", async () => {
    const service = await makeService();
    const socketPath = join(folder, "halting.sock");
    const halting = await startHaltingProxy(socketPath);
    onTestFinished(() => halting.stop());
    const slow = connectGateway({ endpoints: [endpoint(socketPath)], callTimeoutSeconds: 0.5 });
    await failure(slow.updateService(service.id, service.versionIndex, service.spec), "swarm-timeout");
  });

  it("is another Swarm when it has another ID than Postgres knows, and nothing is read or written", async () => {
    const other = connectGateway({ endpoints: [endpoint(engine.socketPath)], expectedClusterId: () => "another" });
    await failure(other.listSecrets(), "swarm-other");
    await failure(other.createSecret({ name: "never", labels: {}, templating: null }, aValue("v")), "swarm-other");
    expect((await gateway.listSecrets()).some(({ name }) => name === "never")).toBe(false);
  });

  it("is asked at its other managers when one is gone", async () => {
    const several = connectGateway({
      endpoints: [endpoint(join(folder, "nobody.sock")), endpoint(engine.socketPath)],
    });
    expect((await several.listNodes()).length).toBe(1);
    await several.createSecret({ name: "by-the-second", labels: {}, templating: null }, aValue("v"));
  });
});

describe("a Swarm behind ssh", () => {
  /** In place of the operator's own ssh: notes how it was called, and joins its ends to the engine's socket. */
  function replaceSsh(script: string): string {
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "ssh"), script, { mode: 0o755 });
    const { PATH } = process.env;
    process.env.PATH = `${bin}:${PATH}`;
    onTestFinished(() => {
      process.env.PATH = PATH;
    });
    return join(bin, "calls");
  }

  const host = { host: "ssh://deploy@manager.example:2222", certPath: null, isTlsVerified: false };

  it("is reached with the operator's own ssh, as Docker's command line does it", async () => {
    const bridge = 'const s=require("net").connect(process.argv[1]);process.stdin.pipe(s).pipe(process.stdout)';
    const calls = replaceSsh(
      `#!/bin/sh\necho "$@" >> "$(dirname "$0")/calls"\nexec "${process.execPath}" -e '${bridge}' "${engine.socketPath}"\n`,
    );
    const remote = connectGateway({ endpoints: [host] });
    const { id } = await remote.createSecret({ name: "over-ssh", labels: {}, templating: null }, aValue("v"));
    expect((await remote.findSecret(id))?.name).toBe("over-ssh");
    const [call] = readFileSync(calls, "utf8").split("\n");
    expect(call).toBe(
      "-T -o BatchMode=yes -o ConnectTimeout=4 -l deploy -p 2222 -- manager.example docker system dial-stdio",
    );
    const leaving = new AbortController();
    const stream = await connectEvents({ endpoints: [host] }).open({ sinceSeconds: null, signal: leaving.signal });
    const first = stream[Symbol.asyncIterator]().next();
    await remote.removeSecret(id);
    expect((await first).value).toMatchObject({ objectType: "secret", objectId: id, action: "remove" });
    leaving.abort();
  });

  it("that ssh cannot reach is unreachable, with ssh's own words for the log", async () => {
    replaceSsh("#!/bin/sh\necho 'Host key verification failed.' >&2\nexit 255\n");
    const error = await failure(connectGateway({ endpoints: [host] }).listSecrets(), "swarm-unreachable");
    expect(String(error.cause)).toContain("Host key verification failed");
    expect(error.publicMessage).not.toContain("deploy");
  });
});

describe("a Swarm behind TLS", () => {
  const authority = testAuthority("the operator's");
  const stranger = testAuthority("a stranger's");
  const { ca } = authority;
  /** Docker of this age ends the connection in the handshake; a newer one, after it. */
  const versions = ["TLSv1.2", "TLSv1.3"] as const;

  /** In front of the engine's socket, as dockerd --tlsverify would be: without a certificate of this authority nothing gets through. */
  async function startTlsFront(maxVersion: SecureVersion = "TLSv1.3"): Promise<{ address: string; calls(): number }> {
    const sockets = new Set<Socket>();
    let calls = 0;
    const certificates = { ...authority.issue("engine"), ca };
    const options = { ...certificates, requestCert: true, rejectUnauthorized: true, maxVersion };
    const front = createTlsServer(options, (socket) => {
      calls += 1;
      const inside = connect(engine.socketPath);
      for (const end of [socket, inside]) end.on("error", () => undefined);
      socket.on("close", () => inside.destroy());
      inside.on("close", () => socket.destroy());
      socket.pipe(inside).pipe(socket);
    });
    front.on("connection", (socket: Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => front.close(resolve));
    });
    return { address: `localhost:${(front.address() as AddressInfo).port}`, calls: () => calls };
  }

  /** What DOCKER_CERT_PATH names. */
  function folderWith(files: { ca: string; cert?: string; key?: string }): string {
    const path = mkdtempSync(join(folder, "certificates-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, `${name}.pem`), text);
    return path;
  }

  function connected(host: string, certPath: string | null) {
    return { endpoints: [{ host, certPath, isTlsVerified: certPath !== null }] };
  }

  it.each(versions)(
    "answers whoever shows a certificate that it trusts: reads, writes and events (%s)",
    async (version) => {
      const { address } = await startTlsFront(version);
      const ways = connected(`tcp://${address}`, folderWith({ ca, ...authority.issue("skep") }));
      const remote = connectGateway(ways);
      const name = `over-${version}`;
      const { id } = await remote.createSecret({ name, labels: {}, templating: null }, aValue("v"));
      expect((await remote.findSecret(id))?.name).toBe(name);
      const leaving = new AbortController();
      const stream = await connectEvents(ways).open({ sinceSeconds: null, signal: leaving.signal });
      const first = stream[Symbol.asyncIterator]().next();
      await remote.removeSecret(id);
      expect((await first).value).toMatchObject({ objectType: "secret", objectId: id, action: "remove" });
      leaving.abort();
    },
  );

  it("is not trusted when its certificate is by another authority than ca.pem, and is sent nothing", async () => {
    const { address, calls } = await startTlsFront();
    const files = folderWith({ ca: stranger.ca, ...authority.issue("skep") });
    const remote = connectGateway(connected(`tcp://${address}`, files));
    const error = await failure(
      remote.createSecret({ name: "n", labels: {}, templating: null }, aValue("v")),
      "swarm-unreachable",
    );
    expect(error.publicMessage).toBe(
      `The certificate of the Docker engine at tcp://${address} is not trusted. Check the files in the folder that DOCKER_CERT_PATH names.`,
    );
    expect(calls()).toBe(0);
  });

  it("is not trusted either when it goes by another name", async () => {
    const { address } = await startTlsFront();
    const host = `tcp://${address.replace("localhost", "127.0.0.1")}`;
    const remote = connectGateway(connected(host, folderWith({ ca, ...authority.issue("skep") })));
    expect((await failure(remote.listSecrets(), "swarm-unreachable")).publicMessage).toContain("is not trusted");
  });

  it.each(versions)(
    "turns away whoever shows no certificate, and the sentence says whose is missing (%s)",
    async (version) => {
      const { address, calls } = await startTlsFront(version);
      const trusted = getCACertificates("default");
      setDefaultCACertificates([...trusted, ca]);
      onTestFinished(() => setDefaultCACertificates(trusted));
      const error = await failure(
        connectGateway(connected(`https://${address}`, null)).listSecrets(),
        "swarm-unreachable",
      );
      expect(error.publicMessage).toBe(
        `The Docker engine at https://${address} does not let Skep in without a certificate that it trusts. Check cert.pem and key.pem in the folder that DOCKER_CERT_PATH names.`,
      );
      expect(calls()).toBe(0);
    },
  );

  it("lets a stranger's certificate read nothing", async () => {
    const { address, calls } = await startTlsFront();
    const files = folderWith({ ca, ...stranger.issue("skep") });
    await failure(connectGateway(connected(`tcp://${address}`, files)).listSecrets(), "swarm-unreachable");
    expect(calls()).toBe(0);
  });

  it("is not asked while one of the three files is missing: the sentence names them", async () => {
    const { address } = await startTlsFront();
    const remote = connectGateway(connected(`tcp://${address}`, folderWith({ ca })));
    expect((await failure(remote.listSecrets(), "swarm-unreachable")).publicMessage).toBe(
      "The Docker certificates cannot be read. Put ca.pem, cert.pem and key.pem into the folder that DOCKER_CERT_PATH names.",
    );
  });
});

/** Answers reads, and lets writes run into nothing. */
async function startHaltingProxy(socketPath: string): Promise<RecordingProxy> {
  const { createServer: createHttpServer, request } = await import("node:http");
  const server = createHttpServer((incoming, outgoing) => {
    if (incoming.method !== "GET") return;
    const { url: path, headers } = incoming;
    request({ socketPath: engine.socketPath, path, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    }).end();
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    requests: () => [],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

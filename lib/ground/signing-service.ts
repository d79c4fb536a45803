import "server-only";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sampleImage } from "./sample-image.ts";

/** A service that signs in to a PostgreSQL over and over, and tells of each time that it could not. */
export type SigningService = {
  name: string;
  /** In Docker's label, where it is of one. */
  stack?: string;
  replicas: number;
  /** Holds `postgresql://user:password@host:port/database`; the socket that is asked is that of its port. */
  secret: { id: string; name: string };
  /**
   * The folder on this machine with the server's socket. The engine of `startEngine` sees nothing below /run but the run
   * folder of its own data folder: what `startOrdersDatabase` gives for the same data folder is there.
   */
  socketFolder: string;
  /** A folder on this machine in which each replica keeps its counts, for `readSignIns`. */
  countsFolder?: string;
  /** How often each task signs in, in milliseconds, and is looked at, in seconds; each costs a machine with others on it. */
  pace?: { signInMilliseconds: number; healthSeconds: number };
};

export type SignIns = {
  signedIn: number;
  failed: number;
  /** When and why, a line each, with no password in it. */
  failures: string[];
  /** How many containers have signed in or failed to so far, ended ones among them. */
  replicas: number;
};

const second = 1_000_000_000;
const target = "db_url";
const quick = { signInMilliseconds: 250, healthSeconds: 2 };

/**
 * Such a service in Docker's own shape, for the body of `POST /services/create` of an engine that has the sample image. It
 * is updated start first, and counts as healthy while its last sign-in succeeded; a task that is ended for that has failed.
 */
export function signingServiceSpec(service: SigningService) {
  const labels = service.stack ? { "com.docker.stack.namespace": service.stack } : {};
  const { id, name } = service.secret;
  const { signInMilliseconds, healthSeconds } = service.pace ?? quick;
  return {
    Name: service.name,
    Labels: service.stack ? { ...labels, "com.docker.stack.image": sampleImage } : {},
    TaskTemplate: {
      ContainerSpec: {
        Image: sampleImage,
        Labels: labels,
        Command: ["/signer/node", "/signer/signer.mjs"],
        Args: [
          `/run/secrets/${target}`,
          socketsInside,
          `${signInMilliseconds}`,
          ...(service.countsFolder ? [countsInside] : []),
        ],
        Mounts: mountsOf(service),
        Healthcheck: {
          Test: ["CMD", "/bin/test", "-e", "/tmp/signed-in"],
          Interval: healthSeconds * second,
          Timeout: 10 * second,
          Retries: 3,
        },
        StopGracePeriod: 5 * second,
        Secrets: [{ SecretID: id, SecretName: name, File: { Name: target, UID: "0", GID: "0", Mode: 0o400 } }],
      },
      // One that cannot sign in says so each time.
      LogDriver: { Name: "json-file", Options: { "max-size": "1m", "max-file": "2" } },
      RestartPolicy: { Condition: "any", Delay: 5 * second, MaxAttempts: 0 },
    },
    Mode: { Replicated: { Replicas: service.replicas } },
    UpdateConfig: {
      Parallelism: 1,
      Monitor: 5 * second,
      FailureAction: "pause",
      MaxFailureRatio: 0,
      Order: "start-first",
    },
  };
}

/** What the replicas of a service with a `countsFolder` have counted so far. */
export function readSignIns(countsFolder: string): SignIns {
  const files = readdirSync(countsFolder).toSorted();
  const textOf = (file: string) => readFileSync(join(countsFolder, file), "utf8");
  const counts = files
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(textOf(file)) as Pick<SignIns, "signedIn" | "failed">);
  return {
    signedIn: counts.reduce((sum, each) => sum + each.signedIn, 0),
    failed: counts.reduce((sum, each) => sum + each.failed, 0),
    failures: files
      .filter((file) => file.endsWith(".failures"))
      .flatMap((file) => textOf(file).split("\n").slice(0, -1)),
    replicas: counts.length,
  };
}

const socketsInside = "/run/postgresql";
const countsInside = "/counts";

/**
 * Node, what it is linked to, and the packages are this machine's own, read-only: nothing is copied, and a task starts as
 * soon as any other. As root, because a checkout may be closed to everybody else.
 */
function mountsOf({ socketFolder, countsFolder }: SigningService): object[] {
  const checkout = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));
  const libraries = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"].filter((path) => existsSync(path));
  return [
    ...libraries.map((path) => mount(path, path)),
    mount(realpathSync(process.execPath), "/signer/node"),
    mount(join(checkout, "lib/ground/signer.mjs"), "/signer/signer.mjs"),
    mount(join(checkout, "node_modules"), "/signer/node_modules"),
    mount(socketFolder, socketsInside),
    ...(countsFolder ? [{ ...mount(countsFolder, countsInside), ReadOnly: false }] : []),
  ];
}

function mount(source: string, inside: string) {
  return { Type: "bind", Source: source, Target: inside, ReadOnly: true };
}

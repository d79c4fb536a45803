import { join } from "node:path";
import { at, compact, type Document, readDocument, textAt } from "#lib/operations/witness/document.ts";
import { type RecordingProxy, startRecordingProxy } from "#lib/swarm/recording-proxy.ts";
import type { Manager } from "./managers.ts";

/** A call that changes the Swarm, as it went by. Without a status nobody answered it. */
export type Write = {
  at: number;
  owner: string;
  manager: string;
  method: string;
  path: string;
  statusCode: number | null;
  body: string;
  /** What of the Swarm needed the object in the moment when it was to be removed; null where nobody could tell. */
  neededBy: readonly string[] | null;
};

export type Wire = {
  /** Where an instance finds the managers, in its own order. */
  hosts(owner: string): string[];
  writes(): Write[];
  /** A service's spec as it was read at this version, whoever read it. */
  specAt(serviceId: string, versionIndex: string): Document | undefined;
  /** From now on this manager does not answer any instance; or it does again. */
  hide(name: string, isHidden: boolean): void;
  stop(): Promise<void>;
};

type Seen = Omit<Write, "statusCode" | "body">;
type Line = { proxy: RecordingProxy; owner: string; host: string; seen: Seen[] };

/** A recording proxy for each instance and manager: who said what to whom, and when. */
export async function startWire(given: {
  folder: string;
  managers: readonly Manager[];
  /** Each instance asks another manager first. */
  owners: readonly string[];
  neededBy(objectId: string): Promise<string[] | null>;
}): Promise<Wire> {
  const { folder, managers, owners, neededBy } = given;
  const readings = new Map<string, Document>();
  const hidden = new Set<string>();
  const lines: Line[] = [];
  for (const [index, owner] of owners.entries()) {
    const ownOrder = managers.map((_, place) => managers[(place + index) % managers.length]);
    for (const manager of ownOrder) {
      if (!manager) continue;
      const socketPath = join(folder, `${index}-${manager.name}.sock`);
      const seen: Seen[] = [];
      const proxy = await startRecordingProxy({
        socketPath,
        targetSocketPath: manager.socketPath,
        async meets({ method, path }) {
          const fate = hidden.has(manager.name) ? "broken off" : "passed on";
          if (method === "GET") return fate;
          const entry: Seen = { at: Date.now(), owner, manager: manager.name, method, path, neededBy: [] };
          seen.push(entry);
          if (method === "DELETE" && fate === "passed on") entry.neededBy = await neededBy(path.split("/")[2] ?? "");
          return fate;
        },
        hears({ method, path, answer }) {
          if (method === "GET" && path.startsWith("/services")) remember(readings, answer.toString());
        },
      });
      lines.push({ proxy, owner, host: `unix://${socketPath}`, seen });
    }
  }
  return {
    hosts: (owner) => lines.filter((line) => line.owner === owner).map(({ host }) => host),
    writes: () => lines.flatMap(writesOf),
    specAt: (serviceId, versionIndex) => readings.get(`${serviceId} ${versionIndex}`),
    hide: (name, isHidden) => void (isHidden ? hidden.add(name) : hidden.delete(name)),
    async stop() {
      await Promise.all(lines.map(({ proxy }) => proxy.stop()));
    },
  };
}

/** Both lists are in the order in which the calls began. */
function writesOf({ proxy, seen }: Line): Write[] {
  const sent = proxy.requests().filter(({ method }) => method !== "GET");
  const byPath = Map.groupBy(sent, ({ method, path }) => `${method} ${path}`);
  const taken = new Map<string, number>();
  return seen.map((entry) => {
    const key = `${entry.method} ${entry.path}`;
    const place = taken.get(key) ?? 0;
    taken.set(key, place + 1);
    const request = byPath.get(key)?.[place];
    return { ...entry, statusCode: request?.statusCode ?? null, body: request?.body.toString() ?? "" };
  });
}

/** Every version is taken apart once: polls read the same one over and over. */
function remember(readings: Map<string, Document>, text: string): void {
  const answer = parsed(text);
  const known = Array.isArray(answer) ? answer : [answer];
  if (known.every((each) => readings.has(`${each?.ID} ${each?.Version?.Index}`))) return;
  const document = readDocument(text);
  for (const service of document.kind === "list" ? document.items : [document]) {
    const id = textAt(service, "ID");
    const index = at(service, "Version", "Index");
    const spec = at(service, "Spec");
    if (id !== null && index && spec) readings.set(`${id} ${compact(index)}`, spec);
  }
}

type ServiceJson = { ID?: string; Version?: { Index: number } } | null;

function parsed(text: string): ServiceJson | ServiceJson[] {
  try {
    return JSON.parse(text) as ServiceJson | ServiceJson[];
  } catch {
    return [];
  }
}

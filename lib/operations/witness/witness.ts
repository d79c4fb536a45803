import "server-only";
import type { RecordedRequest } from "#lib/swarm/recording-proxy.ts";
import { at, compact, type Document, readDocument, textAt } from "./document.ts";
import { complaintsOf, type Deed } from "./expected.ts";

/** One update as it went by: what was read of the service last before it began, what was sent, and whether Docker took it. */
export type Sent = { serviceId: string; before: Document; after: Document; isTaken: boolean };

type Reading = { versionIndex: string; spec: Document };
type Heard = RecordedRequest & { answer: Buffer };

/** Stands at the recording proxy and puts beside every update of a service what Skep had read of it just before. */
export class Witness {
  /** Updates since the last `take`, in the order in which they were answered. */
  #sent: Sent[] = [];
  /** What does not fit together at all: an update of what was never read, or for another version than was read. */
  readonly #oddities: string[] = [];
  readonly #readings = new Map<string, Reading>();
  readonly #begun = new Map<string, Reading | undefined>();
  /** Called for every update that Docker took, before Skep has the answer. */
  onTaken: (() => void) | null = null;

  /** Whether the request that comes is an update; then what was read of its service counts from now on. */
  readonly meets = ({ method, path }: { method: string; path: string }): boolean => {
    const { serviceId } = parts(path);
    if (method !== "POST" || serviceId === null) return false;
    this.#begun.set(path, this.#readings.get(serviceId));
    return true;
  };

  readonly hears = ({ method, path, body, answer, statusCode }: Heard): void => {
    const { serviceId, versionIndex, isServices } = parts(path);
    if (method === "GET" && isServices) this.#read(readDocument(answer.toString()));
    if (method !== "POST" || serviceId === null) return;
    const reading = this.#begun.get(path);
    const isTaken = statusCode !== null && statusCode < 300;
    if (reading && reading.versionIndex === versionIndex) {
      this.#sent.push({ serviceId, before: reading.spec, after: readDocument(body.toString()), isTaken });
    } else this.#oddities.push(`${path} was sent after reading version ${reading?.versionIndex ?? "none"}`);
    if (isTaken) this.onTaken?.();
  };

  /** The updates that went by, which are then forgotten. Fails on any that cannot be put beside a reading. */
  take(): Sent[] {
    if (this.#oddities.length > 0) throw new Error(this.#oddities.join("\n"));
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** The spec as it was read last. */
  specOf(serviceId: string): Document | null {
    return this.#readings.get(serviceId)?.spec ?? null;
  }

  #read(services: Document): void {
    for (const service of services.kind === "list" ? services.items : [services]) {
      const id = textAt(service, "ID");
      const index = at(service, "Version", "Index");
      const spec = at(service, "Spec");
      if (id !== null && index && spec) this.#readings.set(id, { versionIndex: compact(index), spec });
    }
  }
}

/** What each update did beyond its deed, or did not do of it, with the service's name before it. */
export function complaintsAbout(sent: readonly Sent[], deedFor: (serviceId: string) => Deed): string[] {
  return sent.flatMap(({ serviceId, before, after }) =>
    complaintsOf(before, after, deedFor(serviceId)).map((each) => `${textAt(before, "Name") ?? serviceId}: ${each}`),
  );
}

function parts(path: string): { serviceId: string | null; versionIndex: string | null; isServices: boolean } {
  const { pathname, searchParams } = new URL(path, "http://docker");
  const [, kind, id, verb] = pathname.split("/");
  const serviceId = kind === "services" && verb === "update" && id ? decodeURIComponent(id) : null;
  return { serviceId, versionIndex: searchParams.get("version"), isServices: kind === "services" };
}

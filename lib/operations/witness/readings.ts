import "server-only";
import { at, compact, type Document, readDocument, textAt } from "./document.ts";

/** Every spec of a service that was read at a proxy, whoever read it, by its version. */
export class Readings {
  readonly #specs = new Map<string, Document>();

  /** What Docker answered to a question about services. Every version is taken apart once: polls read the same one over and over. */
  hear(text: string): void {
    const known = parsed(text);
    if (known.every(({ ID, Version }) => this.#specs.has(`${ID} ${Version?.Index}`))) return;
    const document = readDocument(text);
    for (const service of document.kind === "list" ? document.items : [document]) {
      const id = textAt(service, "ID");
      const index = at(service, "Version", "Index");
      const spec = at(service, "Spec");
      if (id !== null && index && spec) this.#specs.set(`${id} ${compact(index)}`, spec);
    }
  }

  specAt(serviceId: string, versionIndex: string): Document | undefined {
    return this.#specs.get(`${serviceId} ${versionIndex}`);
  }
}

type ServiceJson = { ID?: string; Version?: { Index: number } };

/** Nothing, where an answer broke off or is a refusal. */
function parsed(text: string): ServiceJson[] {
  try {
    const answer = JSON.parse(text) as ServiceJson | ServiceJson[];
    return Array.isArray(answer) ? answer : [answer];
  } catch {
    return [];
  }
}

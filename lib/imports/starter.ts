import "server-only";
import { AppError } from "#lib/errors.ts";
import type { OperationStore } from "#lib/operations/store-port.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";

/** R16: what whoever asked for an import may do at this moment. Asked again before each secret, and before it is bound. */
export async function importerNow(
  actor: Person,
  store: Pick<OperationStore, "findRole">,
): Promise<{ import: Permit<"secret.import">; create: Permit<"secret.create"> }> {
  const role = await store.findRole(actor.personId);
  if (role === null) {
    const sentence = `The account of ${actor.name} was disabled, so nothing more is imported in this name.`;
    throw new AppError("forbidden", sentence);
  }
  const permits = {
    import: decide({ ...actor, role }, "secret.import", {}),
    create: decide({ ...actor, role }, "secret.create", {}),
  };
  const { import: mayImport, create } = permits;
  if (mayImport && create) return { import: mayImport, create };
  throw new AppError("forbidden", `${actor.name} may no longer import, so nothing more is done in this name.`);
}

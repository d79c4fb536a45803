import type { SecretRow, ServiceRow } from "#lib/inventory/schema.ts";
import { counted, someOf } from "#lib/words.ts";
import { type Fields, listOf, textOf } from "../plan/fields.ts";

/** Which secrets the page is about, and what else there is to say of where they come from. */
export type Chosen = {
  secretIds: string[];
  /** Those of the service or the stack that cannot be rotated now, in a sentence. */
  leftOut: string | null;
  /** A stack that has all of them and more, which could go along. */
  wider: { stack: string; more: number } | null;
};

/** By name, or all that a service or a stack holds: the address says which of the three. */
export function chosenIn(fields: Fields, rows: readonly SecretRow[], services: readonly ServiceRow[]): Chosen {
  const place = placeOf(fields, services);
  const held = place ? rows.filter(place) : [];
  const named = listOf(fields, "secret");
  const secretIds =
    named.length > 0 ? [...new Set(named)] : held.flatMap(({ id, isRotatable }) => (id && isRotatable ? id : []));
  return { secretIds, leftOut: leftOutText(held), wider: widerThan(secretIds, rows) };
}

function placeOf(fields: Fields, services: readonly ServiceRow[]): ((row: SecretRow) => boolean) | null {
  const [stack, serviceId] = [textOf(fields, "stack"), textOf(fields, "service")];
  if (stack !== "") return ({ stacks }) => stacks.includes(stack);
  const service = services.find(({ id }) => id === serviceId);
  return service ? (row) => row.services.includes(service.name) : null;
}

function leftOutText(held: readonly SecretRow[]): string | null {
  const unmanaged = held.filter(({ id }) => id === null);
  const open = held.filter(({ openOperationId }) => openOperationId !== null);
  const others = held.filter(({ id, isRotatable, openOperationId }) => id && !isRotatable && openOperationId === null);
  const names = (rows: readonly SecretRow[]) => someOf(rows.map(({ name }) => name));
  const parts = [
    ...(unmanaged.length > 0
      ? [`${counted(unmanaged.length, "unmanaged secret")} (adopt first: ${names(unmanaged)})`]
      : []),
    ...(open.length > 0 ? [`${names(open)} (another operation is not over)`] : []),
    ...(others.length > 0 ? [`${names(others)} (delivered by a plugin)`] : []),
  ];
  return parts.length > 0 ? `Not among them: ${parts.join("; ")}.` : null;
}

function widerThan(secretIds: readonly string[], rows: readonly SecretRow[]): Chosen["wider"] {
  const own = rows.filter(({ id }) => id !== null && secretIds.includes(id));
  const [stack, ...others] = new Set(own.flatMap(({ stacks }) => stacks));
  if (stack === undefined || others.length > 0 || own.some(({ stacks }) => stacks.length === 0)) return null;
  const all = rows.filter(({ stacks, isRotatable }) => isRotatable && stacks.includes(stack));
  const more = all.filter(({ id }) => !secretIds.includes(id ?? "")).length;
  return more > 0 ? { stack, more } : null;
}

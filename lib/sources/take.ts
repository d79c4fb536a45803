import "server-only";
import { maximumValueBytes, SecretValue } from "#lib/value.ts";
import type { Adapter, Payload } from "./contract.ts";
import { SourceFailure } from "./failure.ts";
import { parseJson, textOf } from "./json.ts";
import type { Take } from "./schema.ts";
import { fillTemplate } from "./template.ts";

/** Takes the value out of what a source has. Bytes that were read on the way are overwritten. */
export function takeValue(name: string, payload: Payload, take: Take, fieldOf: Adapter["fieldOf"]): SecretValue {
  const bytes = bytesOf(name, payload, take, fieldOf);
  try {
    if (bytes.byteLength === 0) throw noValue(name, `The value at ${name} is empty`);
    if (bytes.byteLength > maximumValueBytes) {
      throw noValue(name, `The value at ${name} is over 511,999 bytes, the most that a Swarm secret holds`);
    }
    return new SecretValue(bytes);
  } finally {
    bytes.fill(0);
  }
}

function bytesOf(name: string, payload: Payload, take: Take, fieldOf: Adapter["fieldOf"]): Buffer {
  try {
    if (take.take === "whole") {
      return payload.has === "bytes" ? Buffer.from(payload.bytes) : Buffer.from(JSON.stringify(payload.fields));
    }
    const json = payload.has === "fields" ? payload.fields : parseJson(payload.bytes);
    if (json === undefined) throw noValue(name, `What ${name} has there is no JSON, of which a field could be taken`);
    if (take.take === "field") return Buffer.from(fieldText(name, take.field, fieldOf(json, take.field)));
    return Buffer.from(
      fillTemplate(take.template, (field) => {
        const text = fieldText(name, field, fieldOf(json, field));
        // In a template it would leave a hole that nothing else shows.
        if (text === "") throw noValue(name, `The field ${field} at ${name} is empty`);
        return text;
      }),
    );
  } finally {
    if (payload.has === "bytes") payload.bytes.fill(0);
  }
}

function fieldText(name: string, field: string, found: unknown): string {
  const text = textOf(found);
  if (text === null) throw noValue(name, `There is no field ${field} at ${name}`);
  if (!text.isWellFormed())
    throw noValue(name, `The field ${field} at ${name} holds half of a character, which no text does`);
  return text;
}

function noValue(name: string, what: string): SourceFailure {
  return new SourceFailure("no-value", name, {
    sentence: `${what}. The Swarm keeps what it has; correct it there, or the binding here.`,
  });
}

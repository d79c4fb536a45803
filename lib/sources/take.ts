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
    if (bytes.byteLength === 0) throw noValue(name, "The value there is empty");
    if (bytes.byteLength > maximumValueBytes) {
      throw noValue(name, "The value there is over 511,999 bytes, the most that a Swarm secret holds");
    }
    return new SecretValue(bytes);
  } finally {
    bytes.fill(0);
  }
}

function bytesOf(name: string, payload: Payload, take: Take, fieldOf: Adapter["fieldOf"]): Buffer {
  try {
    if (take.take === "whole")
      return payload.has === "bytes" ? Buffer.from(payload.bytes) : Buffer.from(textOf(payload.fields) ?? "");
    const json = payload.has === "fields" ? payload.fields : parseJson(payload.bytes);
    if (json === undefined) throw noValue(name, "What is there is no JSON, of which a field could be taken");
    const textOfField = (field: string) => {
      const text = textOf(fieldOf(json, field));
      if (text === null) throw noValue(name, `There is no field ${field}`);
      return text;
    };
    return Buffer.from(take.take === "field" ? textOfField(take.field) : fillTemplate(take.template, textOfField));
  } finally {
    if (payload.has === "bytes") payload.bytes.fill(0);
  }
}

function noValue(name: string, what: string): SourceFailure {
  return new SourceFailure("no-value", name, {
    sentence: `${what} at ${name}. The Swarm keeps what it has; correct it there, or the binding here.`,
  });
}

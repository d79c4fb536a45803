import "server-only";
import { inspect } from "node:util";
import { AppError } from "#lib/errors.ts";

/** Swarm's own limit for one secret, in bytes. */
export const maximumValueBytes = 511_999;

/**
 * The bytes of a secret on their way to the Swarm. Every form in which a program might print it says "[value]";
 * only `use` lends the bytes, and `forget` overwrites them.
 */
export class SecretValue {
  #bytes: Buffer | null;

  constructor(bytes: Uint8Array) {
    if (bytes.byteLength === 0)
      throw new AppError("invalid-input", "The value is empty. Enter one.", { field: "value" });
    if (bytes.byteLength > maximumValueBytes) {
      throw new AppError("invalid-input", "The value is over 511,999 bytes, the most that a Swarm secret holds.", {
        field: "value",
      });
    }
    this.#bytes = Buffer.from(bytes);
  }

  /** The bytes for the duration of one call. The buffer is the value's own: do not keep it. */
  async use<T>(work: (bytes: Buffer) => Promise<T>): Promise<T> {
    if (!this.#bytes) throw new AppError("value-lost", "The value is no longer there. Enter it again.");
    return work(this.#bytes);
  }

  /** Overwrites the bytes. Call it when the Swarm has the value, or when it never will. */
  forget(): void {
    this.#bytes?.fill(0);
    this.#bytes = null;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.toPrimitive](): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

const redacted = "[value]";

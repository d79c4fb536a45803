import "server-only";
import { randomBytes } from "node:crypto";
import type { KnownKey } from "./aws-signature.ts";

export const account = "123456789012";

/** A role that a key may assume, if it says the external id. */
export type DoubleRole = { arn: string; externalId: string };

export type LentKey = { id: string; secret: string; token: string; endsAt: Date };

/** The keys that the double of AWS knows: those of a user, and those it lent to whoever assumed the role. */
export class DoubleKeys {
  readonly #known = new Map<string, KnownKey & { arn: string }>();
  #own = "";
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
    this.renew();
  }

  keyOf(id: string): KnownKey | undefined {
    return this.#known.get(id);
  }

  arnOf(id: string): string {
    return this.#known.get(id)?.arn ?? "";
  }

  /** A file as AWS writes them. */
  file(): string {
    return `[default]\naws_access_key_id = ${this.#own}\naws_secret_access_key = ${this.#known.get(this.#own)?.secret}\n`;
  }

  /** The user's key is replaced by another one; the old one is no longer known. */
  renew(): void {
    this.#known.delete(this.#own);
    this.#own = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
    const arn = `arn:aws:iam::${account}:user/skep-double`;
    this.#known.set(this.#own, { secret: randomBytes(30).toString("base64"), token: null, endsAt: null, arn });
  }

  lend(role: DoubleRole, sessionName: string, seconds: number): LentKey {
    const id = `ASIA${randomBytes(8).toString("hex").toUpperCase()}`;
    const secret = randomBytes(30).toString("base64");
    const token = randomBytes(96).toString("base64");
    const endsAt = new Date(this.#now().getTime() + seconds * 1000);
    const arn = `arn:aws:sts::${account}:assumed-role/${role.arn.split("/").at(-1)}/${sessionName}`;
    this.#known.set(id, { secret, token, endsAt, arn });
    return { id, secret, token, endsAt };
  }

  /** All that was lent ends now. */
  endSessions(): void {
    for (const key of this.#known.values()) if (key.endsAt) key.endsAt = this.#now();
  }
}

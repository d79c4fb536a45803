import { randomBytes } from "node:crypto";
import type { Canary } from "./search.ts";

/** Where a value may have been: nothing else is allowed to it. */
export type Allowed = {
  /** How often a browser sent it, as a file part of a form. */
  sent: number;
  /** How many calls gave it to the Swarm. */
  creates: number;
  /** How many calls asked the Swarm whether it has it already. */
  comparisons: number;
  /** Made to be seen: one answer has it. */
  isShown: boolean;
  /** Sent in a field that is no file: a password, or a form that somebody changed. */
  isField: boolean;
};
export type Used = Canary & Allowed;

export type Book = {
  used: Used[];
  /** Remembers a value and what is allowed to it; by default it was typed, sent once, and given to the Swarm once. */
  enter(name: string, value: string | Buffer, allowed?: Partial<Allowed>): void;
};

export function openBook(): Book {
  const used: Used[] = [];
  return {
    used,
    enter(name, value, allowed) {
      const usual = { sent: 1, creates: 1, comparisons: 0, isShown: false, isField: false };
      used.push({ name, bytes: Buffer.from(value), ...usual, ...allowed });
    },
  };
}

/** Sent, and refused before the Swarm. */
export const refused = { creates: 0 };
/** Never left the browser. */
export const unsent = { sent: 0, creates: 0 };
/** A rotation asks the Swarm first whether it is the value that is there already. */
export const compared = { comparisons: 1 };
export const password = { sent: 0, creates: 0, isField: true };
/** Made by Skep. */
export const made = { sent: 0 };

export function plain(): string {
  return randomBytes(24).toString("base64url");
}

/** Comes out different in JSON, HTML, URLs and forms. */
export function awkward(lineEnd = "\n"): string {
  return `"q'<b>&amp;\\${plain()}${lineEnd}%41+ ü€😀`;
}

/** No text in any encoding, with bytes that programs like to change. */
export function binary(): Buffer {
  return Buffer.concat([Buffer.from([0, 255, 13, 10]), randomBytes(32), Buffer.from([13, 0])]);
}

/** One byte more than a Swarm secret holds, all filler but for the canary. */
export function tooLong(canary: string): Buffer {
  return Buffer.concat([Buffer.from(canary), Buffer.alloc(512_000 - canary.length, 97)]);
}

import "server-only";
import type { SecretValue } from "#lib/value.ts";
import type { SourceCheck, SourceListing, SourceVersion, Take } from "./schema.ts";

/**
 * All that Skep asks of a place where values live. Every call ends within `callTimeoutSeconds` and fails as a
 * `SourceFailure`, whose sentence and code say what is wrong, and how long to leave the source alone. What a source
 * answered is in neither, nor in its cause: not its body, not its error's text. What cannot be asked at all, such as a
 * path that leads elsewhere, is `invalid-input` with its field.
 */
export type Source = {
  /** Whether it answers, takes the login, and lets it look where the settings say. */
  check(): Promise<SourceCheck>;
  /**
   * Names directly below a folder, page by page: "" is the top, others end with a slash, as they are listed. Values are
   * not asked for. `invalid-input` where a source has no list, which `hasList` says before it is asked.
   */
  browse(folder: string, page?: string): Promise<SourceListing>;
  /**
   * What came after the version with this id, the oldest first; with null, or with an id that the source cannot have
   * given out, the present one. Empty where nothing did and the version with this id is there; where it is still the
   * last and was deleted, it is answered itself, as deleted, each time, until it is undeleted or followed. So it is under its new id, where the one that was given is what Skep called it before
   * (`formerIdOf`). A secret that
   * is gone with all its versions is `source-not-found`. After an id that was sealed by another key only what came after
   * the first look by this process, since nobody can tell what was there before. One request, and no value is in the answer wherever the source
   * can answer so. A source without versions answers [].
   */
  versions(path: string, since: string | null): Promise<SourceVersion[]>;
  /**
   * The value of a version, of the present one with null. The caller forgets it. Never an older or newer one than was
   * asked for: a version that is gone is `source-not-found`.
   */
  read(path: string, take: Take, versionId: string | null): Promise<{ versionId: string | null; value: SecretValue }>;
  /** Gives up logins and connections. */
  close(): Promise<void>;
};

/** What a source has under a path: fields that can be taken one by one, as JSON or as bytes. */
export type Payload =
  | { has: "fields"; fields: Record<string, unknown> }
  /** `body` is JSON, if it parses, of which fields can be taken. */
  | { has: "bytes"; bytes: Buffer };

/** With `sealAs`, the id comes out of what may hold a value, and one that is kept is made of this text instead. */
export type ToldVersion = SourceVersion & { sealAs?: string | undefined };

/** What a kind of source implements: the contract, but for taking the value out of its answer. */
export type Adapter = Omit<Source, "read" | "versions"> & {
  versions(path: string, since: string | null): Promise<ToldVersion[]>;
  fetch(
    path: string,
    versionId: string | null,
  ): Promise<{ versionId: string | null; sealAs?: string | undefined; payload: Payload }>;
  /** One field of its JSON. */
  fieldOf(json: unknown, field: string): unknown;
};

/** What an adapter may use. */
export type SourceSurroundings = {
  /** How the source is called in sentences. */
  name: string;
  /** The text of a credential, without its last line ending; read anew each time, so that a renewed file counts. */
  credential(name: string): Promise<string>;
  now(): Date;
};

/** In seconds, for one call with all that it needs, such as a login. */
export const callTimeoutSeconds = 10;

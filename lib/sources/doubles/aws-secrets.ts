import "server-only";
import { randomUUID } from "node:crypto";
import { account } from "./aws-keys.ts";

type Version = { id: string; value: { text: string } | { binary: Buffer }; labels: Set<string>; createdAt: Date };
type Secret = { name: string; arn: string; versions: Version[]; deletedAt: Date | null; isKeyDisabled: boolean };

/** Of a secret's text or bytes. */
export const maximumBytes = 65_536;

/** An error as AWS names it. */
export class AwsRefusal extends Error {
  readonly type: string;

  constructor(type: string, message = "The double refuses.") {
    super(message);
    this.type = type;
  }
}

/** The secrets of the double, and what Secrets Manager does with them, as its API reference says. */
export class DoubleSecrets {
  readonly #secrets = new Map<string, Secret>();
  readonly #region: string;
  readonly #now: () => Date;

  /** A policy that allows a value by its label alone (secretsmanager:VersionStage); null: there is no such policy. */
  onlyLabel: string | null = null;

  constructor(region: string, now: () => Date) {
    this.#region = region;
    this.#now = now;
  }

  /** As PutSecretValue: AWSCURRENT moves here, AWSPREVIOUS to where that was; or a label of one's own moves. */
  put(name: string, value: Version["value"], label = "AWSCURRENT"): string {
    if (Buffer.byteLength("text" in value ? value.text : value.binary) > maximumBytes) {
      throw new AwsRefusal("InvalidParameterException", "It is too long.");
    }
    const secret = this.#secrets.get(name) ?? this.#made(name);
    secret.deletedAt = null;
    const current = secret.versions.find(({ labels }) => labels.has("AWSCURRENT"));
    const version: Version = { id: randomUUID(), value, labels: new Set(), createdAt: this.#now() };
    secret.versions.push(version);
    this.label(name, version.id, label);
    if (label === "AWSCURRENT" && current) this.label(name, current.id, "AWSPREVIOUS");
    return version.id;
  }

  label(name: string, id: string, label: string): void {
    for (const version of this.#secrets.get(name)?.versions ?? []) {
      if (version.id === id) version.labels.add(label);
      else version.labels.delete(label);
    }
  }

  arnOf(name: string): string {
    return this.#secrets.get(name)?.arn ?? "";
  }

  /** As DeleteSecret: for thirty days it can be restored. */
  remove(name: string): void {
    const secret = this.#secrets.get(name);
    if (secret) secret.deletedAt = this.#now();
  }

  /** As when the version of this id has been outdated for long. */
  prune(name: string, id: string): void {
    const secret = this.#secrets.get(name);
    if (secret) secret.versions = secret.versions.filter((version) => version.id !== id);
  }

  disableKey(name: string): void {
    const secret = this.#secrets.get(name);
    if (secret) secret.isKeyDisabled = true;
  }

  /** What the action of this name answers. */
  answer(action: string, input: Record<string, unknown>): object {
    if (action === "DescribeSecret") return this.#describe(input);
    if (action === "GetSecretValue") return this.#value(input);
    if (action === "ListSecrets") return this.#list(input);
    throw new AwsRefusal("UnknownOperationException");
  }

  #describe({ SecretId }: Record<string, unknown>): object {
    const { arn, name, versions, deletedAt } = this.#find(SecretId);
    const labelled = versions.filter(({ labels }) => labels.size > 0);
    return {
      ARN: arn,
      Name: name,
      ...(deletedAt ? { DeletedDate: deletedAt.getTime() / 1000 } : {}),
      VersionIdsToStages: Object.fromEntries(labelled.map(({ id, labels }) => [id, [...labels]])),
    };
  }

  #value({ SecretId, VersionId, VersionStage }: Record<string, unknown>): object {
    const { arn, name, versions, deletedAt, isKeyDisabled } = this.#find(SecretId);
    if (typeof VersionId === "string" && VersionId.length < 32) throw new AwsRefusal("ValidationException");
    if (this.onlyLabel && VersionStage !== this.onlyLabel) throw new AwsRefusal("AccessDeniedException");
    if (deletedAt) throw new AwsRefusal("InvalidRequestException", "It was marked for deletion.");
    const stage = VersionStage ?? "AWSCURRENT";
    const version = versions.find(({ id, labels }) => (VersionId ? id === VersionId : labels.has(String(stage))));
    if (!version) throw new AwsRefusal("ResourceNotFoundException", "There is no such version.");
    if (VersionId && VersionStage && !version.labels.has(String(VersionStage))) {
      throw new AwsRefusal("InvalidRequestException", "The version does not carry this label.");
    }
    if (isKeyDisabled) throw new AwsRefusal("DecryptionFailure");
    const { id, value, labels, createdAt } = version;
    const shown = "text" in value ? { SecretString: value.text } : { SecretBinary: value.binary.toString("base64") };
    return {
      ARN: arn,
      Name: name,
      VersionId: id,
      VersionStages: [...labels],
      CreatedDate: createdAt.getTime() / 1000,
      ...shown,
    };
  }

  #list(input: Record<string, unknown>): object {
    const { MaxResults = 100, NextToken, SortBy, Filters = [] } = input;
    const most = Number(MaxResults);
    if (!(most >= 1 && most <= 100)) throw new AwsRefusal("InvalidParameterException");
    const beginnings = (Filters as { Key: string; Values: string[] }[]).flatMap(({ Key, Values }) =>
      Key === "name" ? Values : [],
    );
    const listed = [...this.#secrets.values()].filter(
      ({ name, deletedAt }) =>
        !deletedAt && (beginnings.length === 0 || beginnings.some((start) => name.startsWith(start))),
    );
    if (SortBy === "name") listed.sort((one, other) => (one.name < other.name ? -1 : 1));
    const kept = JSON.stringify([beginnings, SortBy ?? null]);
    const from = NextToken === undefined ? 0 : placeOf(String(NextToken), kept);
    const shown = listed.slice(from, from + most).map(({ arn, name }) => ({ ARN: arn, Name: name }));
    const isMore = from + most < listed.length;
    return { SecretList: shown, ...(isMore ? { NextToken: tokenOf(from + most, kept) } : {}) };
  }

  #find(secretId: unknown): Secret {
    const id = String(secretId);
    const found = [...this.#secrets.values()].find(
      ({ name, arn }) => id === name || id === arn || id === arn.slice(0, -7),
    );
    if (!found) throw new AwsRefusal("ResourceNotFoundException", "There is no such secret.");
    return found;
  }

  #made(name: string): Secret {
    const arn = `arn:aws:secretsmanager:${this.#region}:${account}:secret:${name}-${randomUUID().slice(0, 6)}`;
    const secret: Secret = { name, arn, versions: [], deletedAt: null, isKeyDisabled: false };
    this.#secrets.set(name, secret);
    return secret;
  }
}

/** A token is worth something for the same question only. */
function tokenOf(place: number, question: string): string {
  return Buffer.from(JSON.stringify([place, question])).toString("base64");
}

function placeOf(token: string, question: string): number {
  try {
    const [place, asked] = JSON.parse(Buffer.from(token, "base64").toString()) as [number, string];
    if (asked === question) return place;
  } catch {
    // Falls through: what cannot be read is as little a token as one of another question.
  }
  throw new AwsRefusal("InvalidNextTokenException");
}

import "server-only";
import { AppError } from "#lib/errors.ts";

/** Which secret, as AWS takes it, and by which staging label its version is found. */
export type AwsPath = { secretId: string; label: string };

const name = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const arn = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/;
const label = /^[A-Za-z0-9/_+=.@:-]{1,256}$/;

/** A name or an ARN, and after `#` a label: AWS takes a `#` in neither. Fails as `invalid-input` of the field `path`. */
export function parseAwsPath(path: string, region: string): AwsPath {
  const [secretId = "", stage = "AWSCURRENT", ...more] = path.split("#");
  if (more.length > 0 || !label.test(stage)) {
    throw notThis("Write the staging label after one #, such as db/password#AWSPENDING.");
  }
  const [, home] = arn.exec(secretId) ?? [];
  if (home !== undefined && home !== region) {
    throw notThis(
      `This ARN is of ${home}, the source is in ${region}. Take the secret's ARN there, or another source.`,
    );
  }
  if (home === undefined && !name.test(secretId)) {
    throw notThis("Write the name or the ARN of a secret: letters, digits and / _ + = . @ - alone.");
  }
  return { secretId, label: stage };
}

export function isAwsName(text: string): boolean {
  return name.test(text);
}

/** What AWS gives a version: 32 to 64 characters, a UUID mostly. */
export function isVersionId(text: string): boolean {
  return /^[\x21-\x7e]{32,64}$/.test(text);
}

/** The beginning that all names below a folder share; "" is the top. */
export function prefixOf(folder: string): string {
  const prefix = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  if (prefix !== "" && !name.test(prefix))
    throw notThis("There is no such folder: names hold letters, digits and / _ + = . @ - alone.");
  return prefix;
}

function notThis(sentence: string): AppError {
  return new AppError("invalid-input", sentence, { field: "path" });
}

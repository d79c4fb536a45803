import "server-only";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

export type SignedRequest = {
  method: string;
  /** With the query, as it stood in the request. */
  path: string;
  /** Names in small letters. */
  headers: Record<string, string>;
  body: Buffer;
};

/** Why a signature does not count. */
export type SignatureFault =
  | "missing"
  | "incomplete"
  | "unknown-key"
  | "skewed"
  | "mismatch"
  | "wrong-token"
  | "expired";

/** What a key is to AWS: its secret, and of one that was lent the token and the end. */
export type KnownKey = { secret: string; token: string | null; endsAt: Date | null };

/** In seconds, to either side. */
const skewSeconds = 300;

/**
 * Judges a request as AWS's "Create a signed AWS API request" has it signed (Signature Version 4, in the header
 * Authorization): null where the signature counts.
 */
export function faultOf(
  request: SignedRequest,
  {
    service,
    region,
    now,
    keyOf,
  }: { service: string; region: string; now: Date; keyOf: (id: string) => KnownKey | undefined },
): SignatureFault | null {
  const { headers } = request;
  const claim = claimOf(headers.authorization);
  if (headers.authorization === undefined) return "missing";
  if (!claim || claim.service !== service || claim.region !== region) return "incomplete";
  const at = headers["x-amz-date"] ?? "";
  const signedAt = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(signedAt) || !at.startsWith(`${claim.date}T`)) return "incomplete";
  const mustBeSigned = Object.keys(headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
  if (!mustBeSigned.every((name) => claim.signedHeaders.includes(name))) return "incomplete";

  const key = keyOf(claim.keyId);
  if (!key) return "unknown-key";
  if (Math.abs(now.getTime() - signedAt) > skewSeconds * 1000) return "skewed";
  const expected = Buffer.from(signatureOf(request, { ...claim, at, secret: key.secret }));
  const given = Buffer.from(claim.signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return "mismatch";
  if ((headers["x-amz-security-token"] ?? null) !== key.token) return "wrong-token";
  return key.endsAt && key.endsAt <= now ? "expired" : null;
}

type Scope = { date: string; region: string; service: string; signedHeaders: string[] };

/** The signature itself, in hexadecimal: of the string to sign, with a key made of the secret and the scope. */
export function signatureOf(request: SignedRequest, scope: Scope & { at: string; secret: string }): string {
  const { date, region, service, at, secret } = scope;
  const canonical = createHash("sha256").update(canonicalRequest(request, scope.signedHeaders)).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", at, `${date}/${region}/${service}/aws4_request`, canonical].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<Buffer>(
    (made, part) => createHmac("sha256", made).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  return createHmac("sha256", key).update(toSign).digest("hex");
}

function canonicalRequest({ method, path, headers, body }: SignedRequest, signedHeaders: string[]): string {
  const [way = "/", query = ""] = path.split("?");
  const fields = new URLSearchParams(query);
  const pairs = [...fields].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  const lines = signedHeaders.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`);
  return [
    method,
    way.split("/").map(encoded).join("/"),
    pairs.join("&"),
    lines.join(""),
    signedHeaders.join(";"),
    createHash("sha256").update(body).digest("hex"),
  ].join("\n");
}

/** All but letters, digits and - . _ ~, in capitals. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function claimOf(authorization = ""): (Scope & { keyId: string; signature: string }) | null {
  const form =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/;
  const [, keyId, date, region, service, signed, signature] = form.exec(authorization) ?? [];
  if (!keyId || !date || !region || !service || !signed || !signature) return null;
  const signedHeaders = signed.split(";");
  const isSorted = signedHeaders.join(";") === [...signedHeaders].sort().join(";");
  return isSorted ? { keyId, date, region, service, signedHeaders, signature } : null;
}

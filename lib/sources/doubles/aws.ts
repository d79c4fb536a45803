import "server-only";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SettingsOf } from "../schema.ts";
import { account, DoubleKeys, type DoubleRole } from "./aws-keys.ts";
import { AwsRefusal, DoubleSecrets, maximumBytes } from "./aws-secrets.ts";
import { faultOf, type SignatureFault, type SignedRequest } from "./aws-signature.ts";
import { stsAnswer, stsError } from "./aws-sts.ts";
import { canary, type Fault, type Stage } from "./stage.ts";

type Answer = { status: number; headers?: Record<string, string>; body: string };

export type AwsStage = Stage & {
  settings: SettingsOf<"aws">;
  secrets: DoubleSecrets;
  keys: DoubleKeys;
  /** The role that the keys may assume. */
  role: DoubleRole;
  /** From now on these actions are allowed to nobody, each written as in a policy. */
  deny(...actions: string[]): void;
  /** From now on this is the answer to every request; null: its own again. */
  answerWith(answer: Answer | null): void;
};

const region = "eu-central-1";
const role: DoubleRole = { arn: `arn:aws:iam::${account}:role/skep-reads`, externalId: "the external id" };

/** AWS for tests: Secrets Manager and STS at one address, each request of which has to be signed. */
export async function openAwsStage(options: { assumesRole?: boolean; now?: () => Date } = {}): Promise<AwsStage> {
  const { assumesRole = false, now = () => new Date() } = options;
  const keys = new DoubleKeys(now);
  const secrets = new DoubleSecrets(region, now);
  const state: State = { keys, secrets, now, requests: [], denied: new Set(), fault: null, instead: null };
  const server = createServer((request, response) => serve(state, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      kind: "aws",
      region,
      endpoint: `http://127.0.0.1:${port}`,
      login: { method: "keys", credential: "aws_keys" },
      role: assumesRole ? role : null,
      allowsPrivateAddresses: true,
      authorityFile: null,
    },
    secrets,
    keys,
    role,
    credential: async () => keys.file(),
    put: async (path, fields) => secrets.put(path, { text: JSON.stringify(fields) }),
    putBytes: async (path, bytes) => secrets.put(path, { binary: Buffer.from(bytes) }),
    maximumBytes,
    tellsOnlyLast: true,
    remove: async (path) => secrets.remove(path),
    requests: () => [...state.requests],
    faults: ["throttled", "failing", "expired-login", "forbidden", "redirect", "broken", "silent"],
    fail: (fault) => {
      state.fault = fault;
    },
    deny: (...actions) => {
      state.denied = new Set(actions);
    },
    answerWith: (answer) => {
      state.instead = answer;
    },
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type State = {
  keys: DoubleKeys;
  secrets: DoubleSecrets;
  now(): Date;
  requests: string[];
  denied: Set<string>;
  fault: Fault | null;
  instead: Answer | null;
};

async function serve(state: State, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const request = { method: incoming.method ?? "", path: incoming.url ?? "", headers, body: Buffer.concat(chunks) };
  if (state.fault === "silent") return;
  const { service, action } = askedOf(request);
  const answer = state.instead ?? answerOf(state, request, { service, action });
  state.requests.push(`${request.method} ${request.path} ${service}.${action}`);
  outgoing.writeHead(answer.status, { date: state.now().toUTCString(), ...answer.headers }).end(answer.body);
}

type Asked = { service: string; action: string };

/** Secrets Manager is asked by a header, STS by a form. */
function askedOf({ headers, body }: SignedRequest): Asked {
  const [service = "", action = ""] = (headers["x-amz-target"] ?? "").split(".");
  return action
    ? { service, action }
    : { service: "sts", action: new URLSearchParams(body.toString()).get("Action") ?? "" };
}

function answerOf(state: State, request: SignedRequest, { service, action }: Asked): Answer {
  const { fault } = state;
  if (fault === "redirect") return { status: 307, headers: { location: `/${canary}` }, body: canary };
  if (fault === "broken")
    return { status: 200, headers: { "content-type": "text/html", server: canary }, body: `<html>${canary}</html>` };
  const isSts = service === "sts";
  try {
    if (request.method !== "POST" || request.path !== "/") throw new AwsRefusal("UnknownOperationException");
    const broken = fault ? errorsOfFaults[fault] : undefined;
    if (broken) throw new AwsRefusal(broken[isSts ? "sts" : "json"], canary);
    const signature = faultOf(request, { service, region, now: state.now(), keyOf: (id) => state.keys.keyOf(id) });
    if (signature) throw new AwsRefusal(errorsOfSignatures[signature][isSts ? "sts" : "json"]);
    if (state.denied.has(`${service}:${action}`))
      throw new AwsRefusal(isSts ? "AccessDenied" : "AccessDeniedException");
    const [, keyId = ""] = /Credential=(\w+)/.exec(request.headers.authorization ?? "") ?? [];
    const body = isSts
      ? stsAnswer({ keys: state.keys, role, keyId }, new URLSearchParams(request.body.toString()))
      : JSON.stringify(state.secrets.answer(action, JSON.parse(request.body.toString())));
    return { status: 200, headers: { "content-type": isSts ? "text/xml" : "application/x-amz-json-1.1" }, body };
  } catch (error) {
    if (!(error instanceof AwsRefusal)) throw error;
    return refusalOf(error, isSts);
  }
}

function refusalOf({ type, message }: AwsRefusal, isSts: boolean): Answer {
  const status = type.startsWith("Internal") ? 500 : 400;
  const headers = { "x-amzn-requestid": message.replaceAll(" ", "-"), server: message };
  if (isSts) return { status, headers: { ...headers, "content-type": "text/xml" }, body: stsError(type, message) };
  const body = JSON.stringify({ __type: type, Message: message, code: message, cause: message });
  return { status, headers: { ...headers, "content-type": "application/x-amz-json-1.1" }, body };
}

type Names = { json: string; sts: string };

const errorsOfFaults: Partial<Record<Fault, Names>> = {
  throttled: { json: "ThrottlingException", sts: "Throttling" },
  failing: { json: "InternalServiceError", sts: "InternalFailure" },
  "expired-login": { json: "ExpiredTokenException", sts: "ExpiredToken" },
  forbidden: { json: "AccessDeniedException", sts: "AccessDenied" },
};

const errorsOfSignatures: Record<SignatureFault, Names> = {
  missing: { json: "MissingAuthenticationTokenException", sts: "MissingAuthenticationToken" },
  incomplete: { json: "IncompleteSignatureException", sts: "IncompleteSignature" },
  "unknown-key": { json: "UnrecognizedClientException", sts: "InvalidClientTokenId" },
  skewed: { json: "InvalidSignatureException", sts: "SignatureDoesNotMatch" },
  mismatch: { json: "InvalidSignatureException", sts: "SignatureDoesNotMatch" },
  "wrong-token": { json: "UnrecognizedClientException", sts: "InvalidClientTokenId" },
  expired: { json: "ExpiredTokenException", sts: "ExpiredToken" },
};

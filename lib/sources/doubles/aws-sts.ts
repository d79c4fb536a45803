import "server-only";
import { account, type DoubleKeys, type DoubleRole } from "./aws-keys.ts";
import { AwsRefusal } from "./aws-secrets.ts";

/** What STS answers to an action of its query interface, as XML. */
export function stsAnswer(
  { keys, role, keyId }: { keys: DoubleKeys; role: DoubleRole; keyId: string },
  fields: URLSearchParams,
): string {
  if (fields.get("Version") !== "2011-06-15") throw new AwsRefusal("InvalidAction");
  const action = fields.get("Action") ?? "";
  if (action === "GetCallerIdentity") {
    return wrapped(action, `<Arn>${keys.arnOf(keyId)}</Arn><UserId>AIDADOUBLE</UserId><Account>${account}</Account>`);
  }
  if (action !== "AssumeRole") throw new AwsRefusal("InvalidAction");
  const session = fields.get("RoleSessionName") ?? "";
  if (
    !/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(fields.get("RoleArn") ?? "") ||
    !/^[\w+=,.@-]{2,64}$/.test(session)
  ) {
    throw new AwsRefusal("ValidationError");
  }
  if (fields.get("RoleArn") !== role.arn || fields.get("ExternalId") !== role.externalId)
    throw new AwsRefusal("AccessDenied");
  const { id, secret, token, endsAt } = keys.lend(role, session, Number(fields.get("DurationSeconds") ?? 3600));
  return wrapped(
    action,
    [
      `<AssumedRoleUser><AssumedRoleId>AROADOUBLE:${session}</AssumedRoleId><Arn>${keys.arnOf(id)}</Arn></AssumedRoleUser>`,
      `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey>`,
      `<SessionToken>${token}</SessionToken><Expiration>${endsAt.toISOString()}</Expiration></Credentials>`,
    ].join(""),
  );
}

export function stsError(type: string, message: string): string {
  const fault = type === "InternalFailure" ? "Receiver" : "Sender";
  return `<ErrorResponse ${namespace}><Error><Type>${fault}</Type><Code>${type}</Code><Message>${message}</Message></Error><RequestId>${message}</RequestId></ErrorResponse>`;
}

const namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

function wrapped(action: string, result: string): string {
  return `<${action}Response ${namespace}><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></${action}Response>`;
}

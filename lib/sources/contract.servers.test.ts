import { openAwsServer } from "./doubles/aws-server.ts";
import { describeSource } from "./doubles/contract.ts";
import { openVaultServer } from "./doubles/vault-server.ts";

const { VAULT_ADDR: address, VAULT_TOKEN: token, VAULT_NAMESPACE, AWS_ENDPOINT_URL: endpoint } = process.env;
const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN: sessionToken } = process.env;

/** `npm run test:sources` says which of them are asked; docs/sources.md what each needs. */
if (address && token) {
  const namespace = VAULT_NAMESPACE || null;
  for (const version of [2, 1] as const) {
    const stage = await openVaultServer({ address, token, namespace, version });
    describeSource(`Vault at ${address}, KV version ${version}`, stage);
  }
}

if (endpoint) {
  const keys = {
    accessKeyId: AWS_ACCESS_KEY_ID || "test",
    secretAccessKey: AWS_SECRET_ACCESS_KEY || "test",
    ...(sessionToken ? { sessionToken } : {}),
  };
  const stage = await openAwsServer({ endpoint, region: AWS_REGION || "us-east-1", keys });
  describeSource(`AWS at ${endpoint}`, stage);
}

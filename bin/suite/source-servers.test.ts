import { expect, it } from "vitest";
import { sourceServers } from "./source-servers.ts";

const vault = { VAULT_ADDR: "http://127.0.0.1:8200", VAULT_TOKEN: "canary" };

it.each<[string, Record<string, string>, boolean, string[]]>([
  [
    "none",
    {},
    false,
    ["Vault: is not tried; set VAULT_ADDR and VAULT_TOKEN", "AWS Secrets Manager: is not tried; set AWS_ENDPOINT_URL"],
  ],
  [
    "half of one",
    { VAULT_ADDR: "x", VAULT_TOKEN: "" },
    false,
    ["Vault: is not tried; set VAULT_TOKEN", "AWS Secrets Manager: is not tried; set AWS_ENDPOINT_URL"],
  ],
  ["one", vault, true, ["Vault: is tried", "AWS Secrets Manager: is not tried; set AWS_ENDPOINT_URL"]],
  ["both", { ...vault, AWS_ENDPOINT_URL: "x" }, true, ["Vault: is tried", "AWS Secrets Manager: is tried"]],
])("of %s, it is said which is tried and what the other needs", (_which, settings, isAny, lines) => {
  expect(sourceServers(settings)).toEqual({ isAny, lines });
});

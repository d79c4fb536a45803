import { openAwsStage } from "./doubles/aws.ts";
import { describeSource } from "./doubles/contract.ts";
import { openHttpStage } from "./doubles/http.ts";
import type { Stage } from "./doubles/stage.ts";
import { openVaultDouble } from "./doubles/vault.ts";
import type { SourceKind } from "./schema.ts";

type Opening = [title: string, openStage: () => Promise<Stage>];

/** Each kind in each way of its own in which it is asked differently. A kind without a stage does not compile. */
const stages: { [K in SourceKind]: [Opening, ...Opening[]] } = {
  vault: [
    ["Vault, KV version 2, by AppRole", () => openVaultDouble()],
    [
      "Vault, KV version 2, by a token, in a namespace",
      () => openVaultDouble({ login: "token", namespace: "team/shop" }),
    ],
    [
      "Vault, KV version 1, by JWT, in a mount with a slash",
      () => openVaultDouble({ version: 1, login: "jwt", mount: "kv/shop", versionField: "revision" }),
    ],
  ],
  aws: [
    ["AWS by its keys", openAwsStage],
    ["AWS by a role", () => openAwsStage({ assumesRole: true })],
  ],
  http: [["HTTP", openHttpStage]],
};

for (const [title, openStage] of Object.values(stages).flat()) describeSource(title, await openStage());

import { afterEach, expect, it } from "vitest";
import { openReach } from "../reach.ts";
import { openVault } from "../vault.ts";
import { openVaultDouble, type VaultDouble } from "./vault.ts";
import { openVaultServer } from "./vault-server.ts";

let server: VaultDouble;
afterEach(() => server.end());

/** The double stands for the real server here, to which the same is asked. */
it.each([1, 2] as const)(
  "a stage on a server with KV %i has what it needs, and takes it away again",
  async (version) => {
    server = await openVaultDouble({ namespace: "team" });
    const { books, settings, rootToken: token } = server;
    const stage = await openVaultServer({ address: settings.address, token, namespace: "team", version });
    if (stage.settings.kind !== "vault") throw new Error("This is no stage of Vault.");
    const reach = openReach({ allowsPrivateAddresses: true, authority: null });
    const surroundings = { name: "server", credential: stage.credential, now: () => new Date() };
    const source = openVault(stage.settings, surroundings, reach);
    const id = await stage.put("shop/a db", { password: "one" });
    expect(id).toBe((await source.fetch("shop/a db", null)).versionId);
    expect((await source.check()).login).toMatch(/^AppRole skep, 20 min left/);
    expect((await source.fetch("shop/a db", null)).payload).toEqual({ has: "fields", fields: { password: "one" } });
    expect((await source.browse("shop")).names).toEqual(["a db"]);
    await stage.remove("shop/a db");
    await expect(source.fetch("shop/a db", null)).rejects.toMatchObject({ reason: "not-found" });
    await source.close();
    reach.close();
    await stage.end();
    expect([[...books.mounts.keys()], [...books.logins.keys()], [...books.tokens.policies.keys()]]).toEqual([
      ["secret"],
      ["approle"],
      ["default", "skep"],
    ]);
  },
);

it("a stage that cannot be made whole leaves nothing behind", async () => {
  server = await openVaultDouble();
  const { books, node, settings, rootToken: token } = server;
  node.instead = ({ path }) => (path.endsWith("/secret-id") ? { status: 500, body: { errors: [] } } : null);
  await expect(openVaultServer({ address: settings.address, token })).rejects.toThrow(/answered with 500/);
  expect([[...books.mounts.keys()], [...books.logins.keys()]]).toEqual([["secret"], ["approle"]]);
});

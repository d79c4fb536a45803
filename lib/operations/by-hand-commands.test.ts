import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { sampleReference } from "#lib/swarm/sample.ts";
import { createCommands, quoted, updateCommand } from "./by-hand-commands.ts";
import { sampleVersion } from "./sample.ts";

const db = (over = {}) => ({ ...sampleReference({ objectId: "o1", objectName: "db_v1" }), target: "db", ...over });

describe("the command for one service", () => {
  it("changes the object, and says file, owner and mode as they were", () => {
    const before = [db({ uid: "1000", gid: "50", mode: 0o400 })];
    expect(updateCommand("shop_api", before, [{ ...db(before[0]), objectId: "o2", objectName: "db_v2" }])).toBe(
      "docker service update --detach=false \\\n  --secret-rm db_v1 \\\n  --secret-add source=db_v2,target=db,uid=1000,gid=50,mode=0400 \\\n  shop_api",
    );
  });

  it("gives back what Docker's client takes away with the name, and leaves other secrets alone", () => {
    const other = db({ objectName: "api_key_v1", target: "api_key" });
    const before = [db(), db({ target: "again" }), other];
    const command = updateCommand("api", before, [db({ target: "again" }), other]);
    expect(command).toContain("--secret-rm db_v1");
    expect(command).toContain("target=again");
    expect(command).not.toContain("target=db,");
    expect(command).not.toContain("api_key");
  });

  it("says every mode with a 0 before it, without which Docker's client takes it for a decimal number", () => {
    const modes = [0, 0o40, 0o444, 0o1444].map(
      (mode) => updateCommand("api", [], [db({ mode })])?.match(/mode=\d+/)?.[0],
    );
    expect(modes).toEqual(["mode=00", "mode=040", "mode=0444", "mode=01444"]);
  });

  it("is none where nothing is to change", () => {
    expect(updateCommand("api", [db()], [db()])).toBeNull();
  });
});

it("A word with blanks, quotes or a dollar is one word to a shell, and no more than that", () => {
  for (const text of ["a b", "it's", "$HOME `id`", "a\\b", 'say "x"', "-n", "a\nb", "café"]) {
    expect(execFileSync("sh", ["-c", `printf %s ${quoted(text)}`], { encoding: "utf8" })).toBe(text);
  }
});

describe("a fresh value by hand", () => {
  const made = (generator: object) => {
    const [command] = createCommands(sampleVersion({ value: { from: "generated", generator } as never }));
    const [pipe] = command?.split(" | docker ") ?? [];
    return execFileSync("sh", ["-c", pipe ?? ""], { encoding: "utf8" });
  };

  it("is of the kind and length that the generator says, without a newline", () => {
    expect(made({ type: "hex", bytes: 16 })).toMatch(/^[0-9a-f]{32}$/);
    expect(made({ type: "base64url", bytes: 32 })).toMatch(/^[\w-]{43}$/);
    expect(made({ type: "uuid" })).toMatch(/^[0-9a-f-]{36}$/);
    expect(made({ type: "password", alphabet: "letters-digits", length: 24 })).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(made({ type: "password", alphabet: "own", characters: "a-z\\'", length: 40 })).toMatch(/^[az\\'-]{40}$/);
    expect(made({ type: "password", alphabet: "letters-digits-symbols", length: 99 })).toHaveLength(99);
  });

  it("comes from a file where a person has it, and the labels of the object go with it", () => {
    const planned = sampleVersion({
      value: { from: "typed" },
      labelsOf: { objectId: "object-1", keys: ["team/access"] },
      templating: "golang",
    });
    expect(createCommands(planned)).toEqual([
      "umask 077",
      `docker secret create --label team/access="$(docker secret inspect --format '{{index .Spec.Labels "team/access"}}' object-1)" --template-driver golang db_password_v2 ./db_password_v2.value`,
    ]);
  });

  it("that a person must enter elsewhere is left to her in a file of its own, and piped nowhere unseen", () => {
    const generator = { type: "hex", bytes: 16 } as const;
    expect(createCommands(sampleVersion({ value: { from: "shown", generator } }))).toEqual([
      "umask 077",
      "openssl rand -hex 16 | tr -d '\\n' > ./db_password_v2.value",
      "docker secret create db_password_v2 ./db_password_v2.value",
    ]);
  });
});

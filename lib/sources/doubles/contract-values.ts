import "server-only";
import { expect, it } from "vitest";
import { maximumValueBytes } from "#lib/value.ts";
import type { Take } from "../schema.ts";
import { bytesFrom, password, type Scene, sourceName, textFrom } from "./scene.ts";

/** 18 kB of UTF-8 with every sign of one byte, many of more, both line endings, and what looks like a place of a template. */
const signs = `${String.fromCodePoint(...Array.from({ length: 0x400 }, (_, code) => code))}€😀\r\n\n{{user}}$&`.repeat(
  10,
);

export function contractOfValues(scene: Scene): void {
  it("gives a field, the whole, and a template filled with fields", async () => {
    const fields = { user: "ada", password: "a b/c{{user}}$&" };
    await scene.put("shop/database", fields);
    const read = (take: Take) => textFrom(scene.source(), scene.path("shop/database"), take);
    expect(await read(password)).toBe(fields.password);
    const whole = read({ take: "whole" });
    if (scene.stage.hasVersionAmongFields)
      await expect(whole).rejects.toMatchObject({ code: "invalid-input", field: "take" });
    else expect(JSON.parse(await whole)).toMatchObject(fields);
    const template = 'postgres://{{user}}:{{ password | url }}@db/{"raw":{{password|json}},"b":"{{user | base64}}"}';
    expect(await read({ take: "template", template })).toBe(
      `postgres://ada:a%20b%2Fc%7B%7Buser%7D%7D%24%26@db/{"raw":${JSON.stringify(fields.password)},"b":"YWRh"}`,
    );
  });

  it.each<[string, Take, string]>([
    ["a field that is not there", { take: "field", field: "pin" }, `There is no field pin at ${sourceName}`],
    [
      "an own word of JavaScript",
      { take: "field", field: "constructor" },
      `There is no field constructor at ${sourceName}`,
    ],
    ["an empty field", { take: "field", field: "empty" }, `The value at ${sourceName} is empty`],
    [
      "a hole in a template",
      { take: "template", template: "{{user}}:{{pin}}" },
      `There is no field pin at ${sourceName}`,
    ],
    [
      "an empty place",
      { take: "template", template: "{{user}}:{{empty}}" },
      `The field empty at ${sourceName} is empty`,
    ],
    [
      "too much",
      { take: "template", template: "{{long}}".repeat(11) },
      `The value at ${sourceName} is over 511,999 bytes, the most that a Swarm secret holds`,
    ],
  ])("says of %s what is wrong", async (_what, take, sentence) => {
    await scene.put("odd", { user: "ada", empty: "", long: "x".repeat(50_000) });
    await expect(scene.source().read(scene.path("odd"), take, null)).rejects.toMatchObject({
      code: "source-no-value",
      publicMessage: `${sentence}. The Swarm keeps what it has; correct it there, or the binding here.`,
    });
  });
  contractOfBytes(scene);

  it("says of a path with nothing there that it is not found, and of a deleted one", async () => {
    const id = await scene.put("deleted", { password: "gone" });
    await scene.stage.remove(scene.path("deleted"));
    const reads = [
      scene.source().read(scene.path("never"), password, null),
      scene.source().read(scene.path("deleted"), password, null),
      scene.source().read(scene.path("deleted"), password, id),
    ];
    for (const read of reads) await expect(read).rejects.toMatchObject({ code: "source-not-found" });
  });
}

function contractOfBytes(scene: Scene): void {
  it("gives every sign as it is, in the largest value that it holds", async () => {
    const room =
      (scene.stage.maximumBytes ?? Number.POSITIVE_INFINITY) -
      Buffer.byteLength(JSON.stringify({ password: signs, revision: "1000" }));
    const value = signs + "x".repeat(Math.min(room, maximumValueBytes - Buffer.byteLength(signs)));
    await scene.put("large", { password: value });
    const bytes = await bytesFrom(scene.source(), scene.path("large"), password);
    expect(bytes.equals(Buffer.from(value))).toBe(true);
  });

  const { putBytes, maximumBytes = maximumValueBytes } = scene.stage;
  if (!putBytes) return;
  it("gives bytes that are no text", async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const value = Buffer.alloc(Math.min(maximumBytes, maximumValueBytes), every);
    const versionId = await putBytes(scene.path("bytes"), value);
    const bytes = await bytesFrom(scene.source(), scene.path("bytes"), { take: "whole" }, versionId);
    expect(bytes.equals(value)).toBe(true);
    const field = scene.source().read(scene.path("bytes"), password, null);
    await expect(field).rejects.toMatchObject({
      publicMessage: `What ${sourceName} has there is no JSON, of which a field could be taken. The Swarm keeps what it has; correct it there, or the binding here.`,
    });
  });
}

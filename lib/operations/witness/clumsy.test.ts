import { describe, expect, it } from "vitest";
import { cycleOf } from "./fake-scene.ts";
import type { ObjectNames } from "./shape.ts";

/** Keeps its numbers, order, escapes and doubled keys only if nobody parses and writes it again. */
function fragileSpec({ rotated, other }: ObjectNames): string {
  const end = ({ objectId, objectName }: typeof rotated) => `"SecretID":"${objectId}","SecretName":"${objectName}"`;
  const key = `{"File":{"Name":"key","UID":"70","GID":"71","Mode":288},${end(rotated)}}`;
  const certificate = `{"File":{"Name":"cert","UID":"0","GID":"0","Mode":292},${end(other)}}`;
  const odd = '"Empty":[],"Nothing":null,"Ratio":1.0,"Twice":1,"Twice":2,"Text":"\\u0041"';
  const container = `{"Image":"app:1",${odd},"Secrets":[${key},${certificate}]}`;
  const limits = '{"Limits":{"MemoryBytes":9007199254740993}}';
  const template = `{"ContainerSpec":${container},"Resources":${limits},"ForceUpdate":0}`;
  return `{"Name":"fragile","Labels":{"10":"a","9":"b"},"TaskTemplate":${template},"Mode":{"Replicated":{"Replicas":2}}}`;
}

type Change = (text: string) => string;

function parseAndWrite(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

function replacing(what: string | RegExp, by: string): Change {
  return (text) => text.replace(what, by);
}

function withEntries(change: (entries: unknown[]) => unknown[]): Change {
  return (text) =>
    text.replace(/"Secrets":(\[.*?\])/, (_, list: string) => `"Secrets":${JSON.stringify(change(JSON.parse(list)))}`);
}

const secrets = ".TaskTemplate.ContainerSpec.Secrets";

const hands: [title: string, complaint: string, change: Change][] = [
  ["rounds a number", "MemoryBytes: 9007199254740993 → 9007199254740992", parseAndWrite],
  ["sorts keys as JavaScript does", "Labels(order): 10,9 → 9,10", parseAndWrite],
  ["writes a character in another way", 'Text: "\\u0041" → "A"', parseAndWrite],
  ["writes 1.0 as 1", "Ratio: 1.0 → 1", parseAndWrite],
  ["loses one of two equal keys", "Twice(again): 2 → absent", parseAndWrite],
  ["moves a reference to the end", `${secrets}[0].File.Name: "key" → "cert"`, withEntries((all) => all.toReversed())],
  ["loses a reference", `${secrets}[1]: {`, withEntries(([first]) => [first])],
  ["mounts one twice", `${secrets}[2]: absent → {`, withEntries((all) => [...all, all[0]])],
  ["loses the uid", 'UID: "70" → "0"', replacing('"UID":"70"', '"UID":"0"')],
  ["leaves the gid out", 'GID: "71" → absent', replacing(',"GID":"71"', "")],
  ["writes the mode in another base", "Mode: 288 → 440", replacing('"Mode":288', '"Mode":440')],
  ["renames the target", 'File.Name: "key" → "key_v3"', replacing('"Name":"key"', '"Name":"key_v3"')],
  [
    "moves the wrong reference",
    `${secrets}[1].SecretID: "object-13" → "x"`,
    withEntries(([one, other]) => [one, Object.assign(other as object, { SecretID: "x" })]),
  ],
  [
    "leaves the old name",
    "must differ: .TaskTemplate.ContainerSpec.Secrets[0].SecretName",
    replacing("rotated_v3", "rotated_v2"),
  ],
  ["drops what is empty", "Empty: [] → absent", replacing('"Empty":[],', "")],
  ["drops what is null", "Nothing: null → absent", replacing('"Nothing":null,', "")],
  ["touches the image", 'Image: "app:1" → "app:1@sha256:0"', replacing("app:1", "app:1@sha256:0")],
  ["adds a field", 'Skep: absent → "was here"', replacing('"Image"', '"Skep":"was here","Image"')],
  ["forces an update", "ForceUpdate: 0 → 1", replacing('"ForceUpdate":0', '"ForceUpdate":1')],
  ["adds a label", 'Labels.io.skep: absent → "1"', replacing('"Labels":{', '"Labels":{"io.skep":"1",')],
  ["scales", "Replicas: 2 → 1", replacing('"Replicas":2', '"Replicas":1')],
];

describe("a hand that is clumsy is found: one that", () => {
  it.each(hands)("%s", async (_title, complaint, change) => {
    const { complaints } = await cycleOf([fragileSpec], { change, verbs: "rotation" });
    expect(complaints.join("\n")).toContain(complaint);
  });

  it("moves nothing at all", async () => {
    const change = replacing(
      /"SecretID":"[^"]*","SecretName":"rotated_v3"/,
      '"SecretID":"object-12","SecretName":"rotated_v2"',
    );
    const { complaints } = await cycleOf([fragileSpec], { change, verbs: "rotation" });
    expect(complaints.join("\n")).toContain(`rotate fragile: must differ: ${secrets}[0].SecretID`);
  });

  it("puts a new reference first", async () => {
    const change = withEntries((all) => (all.length > 2 ? [all[2], all[0], all[1]] : all));
    const { complaints } = await cycleOf([fragileSpec], { change });
    expect(complaints.join("\n")).toContain(`grant fragile: must not differ: ${secrets}[0]`);
  });

  it("restarts what it should only release", async () => {
    const change: Change = (text) => text.replace(/(?<="ForceUpdate":)\d+/, (count) => String(Number(count) + 1));
    const { complaints } = await cycleOf([fragileSpec], { change });
    expect(complaints.join("\n")).toContain("release fragile: must not differ: .TaskTemplate.ForceUpdate: 6 → 7");
  });

  it("is none of these: then nothing is complained of", async () => {
    expect((await cycleOf([fragileSpec])).complaints).toEqual([]);
  });
});

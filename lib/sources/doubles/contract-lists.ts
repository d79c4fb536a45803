import "server-only";
import { expect, it } from "vitest";
import type { Source } from "../contract.ts";
import { hasList } from "../schema.ts";
import { type Scene, sourceName } from "./scene.ts";

export function contractOfLists(scene: Scene): void {
  it("answers a check with what it is and what the login may do", async () => {
    const { software, login } = await scene.source().check();
    expect([software, login]).not.toContain("");
  });
  if (hasList[scene.stage.settings.kind]) contractOfPages(scene);
  else contractWithoutList(scene);
}

function contractOfPages(scene: Scene): void {
  it("lists a folder page by page, each name once", async () => {
    const names = Array.from({ length: 250 }, (_, number) => `name-${String(number).padStart(3, "0")}`);
    for (const name of names) await scene.put(`many/${name}`, { password: "x" });
    await scene.put("many/folder.1/deep", { password: "x" });
    expect(await everything(scene.source(), scene.path("many/"))).toEqual(["folder.1/", ...names]);
    expect(await everything(scene.source(), scene.path("many/folder.1/"))).toEqual(["deep"]);
    expect(await everything(scene.source(), scene.path(""))).toContain("many/");
    expect(await everything(scene.source(), "")).toContain(scene.path(""));
  });

  it("has nothing in a folder that is not there, and does not fail for it", async () => {
    expect(await everything(scene.source(), scene.path("nowhere/"))).toEqual([]);
  });
}

function contractWithoutList(scene: Scene): void {
  it("says that it has no list", async () => {
    await expect(scene.source().browse("")).rejects.toMatchObject({
      code: "invalid-input",
      field: "path",
      publicMessage: `${sourceName} has no list of what is there. Type the path.`,
    });
  });
}

async function everything(source: Source, folder: string): Promise<string[]> {
  const names: string[] = [];
  let page: string | undefined;
  do {
    const listing = await source.browse(folder, page);
    names.push(...listing.names);
    page = listing.next ?? undefined;
  } while (page !== undefined);
  return names.toSorted();
}

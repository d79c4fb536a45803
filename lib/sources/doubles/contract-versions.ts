import "server-only";
import { expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { idsOf, password, type Scene, textFrom } from "./scene.ts";

export function contractOfVersions(scene: Scene): void {
  it("tells the present version, and then what came after one, the oldest first", async () => {
    const ids = await putThree(scene, "versions/told");
    const path = scene.path("versions/told");
    const source = scene.source();
    if (ids === null) {
      expect(await source.versions(path, null)).toEqual([]);
      return;
    }
    const present = await source.versions(path, null);
    expect(present).toMatchObject([{ id: ids[2], state: "there" }]);
    const createdAt = present[0]?.createdAt ?? null;
    if (createdAt !== null) expect(new Date(createdAt).toISOString()).toBe(createdAt);
    expect(await source.versions(path, ids[2])).toEqual([]);
    expect(idsOf(await source.versions(path, ids[1]))).toEqual([ids[2]]);
    const { tellsOnlyLast } = scene.stage;
    expect(idsOf(await source.versions(path, ids[0]))).toEqual(tellsOnlyLast ? [ids[2]] : [ids[1], ids[2]]);
    expect(idsOf(await source.versions(path, "no-such-version"))).toEqual([ids[2]]);
  });

  it("gives the version that was asked for, or none", async () => {
    const ids = await putThree(scene, "versions/read");
    const path = scene.path("versions/read");
    const source = scene.source();
    expect(await textFrom(source, path, password)).toBe("third");
    const nowhere = source.read(path, password, "no-such-version");
    await expect(nowhere).rejects.toMatchObject({ code: "source-not-found" });
    if (ids === null) return;
    const { versionId, value } = await source.read(path, password, null);
    value.forget();
    expect(versionId).toBe(ids[2]);
    expect(await textFrom(source, path, password, ids[2])).toBe("third");
    if (scene.stage.keepsOnlyLast) {
      await expect(source.read(path, password, ids[1])).rejects.toMatchObject({ code: "source-not-found" });
    } else {
      expect(await textFrom(source, path, password, ids[1])).toBe("second");
    }
  });
  contractOfAsking(scene);
}

function contractOfAsking(scene: Scene): void {
  const { requests } = scene.stage;
  if (requests() !== null)
    it("asks once for what came after a version", async () => {
      const ids = await putThree(scene, "versions/once");
      const path = scene.path("versions/once");
      await scene.source().versions(path, null);
      for (const since of [null, ...(ids ?? [])]) {
        const before = requests()?.length ?? 0;
        await scene.source().versions(path, since);
        expect((requests()?.length ?? 0) - before).toBe(ids === null ? 0 : 1);
      }
    });

  it("tells of no version of what is deleted or was never there that it could be read", async () => {
    const id = await scene.put("versions/deleted", { password: "gone" });
    await scene.stage.remove(scene.path("versions/deleted"));
    for (const [name, since] of [
      ["versions/deleted", null],
      ["versions/deleted", id],
      ["versions/never", null],
    ] as const) {
      const told = await scene.source().versions(scene.path(name), since).catch(nothingFound);
      expect(told.filter(({ state }) => state === "there")).toEqual([]);
      if (since !== null && !scene.stage.keepsOnlyLast) expect(told).toMatchObject([{ id: since, state: "deleted" }]);
    }
  });
}

async function putThree(scene: Scene, name: string): Promise<[string, string, string] | null> {
  const first = await scene.put(name, { password: "first" });
  const second = await scene.put(name, { password: "second" });
  const third = await scene.put(name, { password: "third" });
  return first === null || second === null || third === null ? null : [first, second, third];
}

function nothingFound(error: unknown): [] {
  if (isAppError(error, "source-not-found")) return [];
  throw error;
}

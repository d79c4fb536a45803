import type { RunningEngine } from "#lib/ground/engine.ts";
import type { Order } from "#lib/settings/schema.ts";
import { median, printFigure, secondsOf } from "../figure.ts";
import {
  adopt,
  createSecret,
  makeSide,
  rotate,
  type Side,
  type Stage,
  shownPlan,
  untilMoved,
  untilSettled,
} from "./side.ts";

const rounds = 5;
const slackSeconds = 0.5;

/** One secret on ten services, by Skep and by the bare API, in turns; the last old task is gone at the end of each. */
export async function together(stage: Stage): Promise<void> {
  const own = await makeSide(stage, "own");
  const bare = await makeSide(stage, "bare");
  const secretIds = await adopt(stage, own);
  const skep: Record<Order, number[]> = { together: [], canary: [], "one-by-one": [] };
  const byHand: Record<"atOnce" | "oneByOne", number[]> = { atOnce: [], oneByOne: [] };
  const rotateBare = async (isAtOnce: boolean) => {
    await untilSettled(stage, bare);
    return secondsOf(() => rotateByHand(stage.engine, bare, isAtOnce));
  };
  const rotateOwn = async (order: Order) => {
    await untilSettled(stage, own);
    const shown = await shownPlan(stage, secretIds, { order });
    skep[order].push(await secondsOf(() => rotate(stage, shown)));
  };
  for (let round = 0; round < rounds; round += 1) {
    byHand.atOnce.push(await rotateBare(true));
    await rotateOwn("together");
  }
  await rotateOwn("canary");
  await rotateOwn("one-by-one");
  byHand.oneByOne.push(await rotateBare(false));
  report(skep, { atOnce: median(byHand.atOnce), oneByOne: median(byHand.oneByOne) });
}

function report(skep: Record<Order, number[]>, bare: { atOnce: number; oneByOne: number }): void {
  const seconds = median(skep.together);
  printFigure({
    figure: "rotation.together",
    value: seconds,
    unit: "s",
    ratio: seconds / bare.atOnce,
    against: `the bare API at once, ${bare.atOnce.toFixed(2)} s; the aim allows ${slackSeconds} s more`,
    aim: 1.05,
    isHeld: seconds <= 1.05 * bare.atOnce + slackSeconds,
  });
  const beside = { aim: null, isHeld: null, unit: "s" };
  const [canary = Number.NaN] = skep.canary;
  const [oneByOne = Number.NaN] = skep["one-by-one"];
  const against = `one after another by hand, ${bare.oneByOne.toFixed(2)} s`;
  printFigure({ figure: "rotation.canary", value: canary, ratio: canary / bare.oneByOne, against, ...beside });
  printFigure({ figure: "rotation.one-by-one", value: oneByOne, ratio: oneByOne / bare.oneByOne, against, ...beside });
}

/** The same with nothing but Docker: create, update, and look until new tasks run everywhere and no old one is left. */
async function rotateByHand(engine: RunningEngine, side: Side, isAtOnce: boolean): Promise<void> {
  const [old] = side.secrets;
  if (!old) throw new Error("There is nothing to rotate.");
  const next = await createSecret(engine, `${side.prefix}_secret`);
  const move = async (id: string) => {
    const { Spec, Version } = await engine.api.call<{ Spec: object; Version: { Index: number } }>(
      "GET",
      `/services/${id}`,
    );
    const spec = JSON.parse(JSON.stringify(Spec).replaceAll(old.id, next.id).replaceAll(old.name, next.name));
    await engine.api.call("POST", `/services/${id}/update?version=${Version.Index}`, spec);
  };
  if (isAtOnce) {
    await Promise.all(side.serviceIds.map(move));
    await untilMoved(engine, side, [next]);
  } else {
    for (const id of side.serviceIds) {
      await move(id);
      await untilMoved(engine, { ...side, serviceIds: [id] }, [next]);
    }
  }
  side.secrets = [next];
}

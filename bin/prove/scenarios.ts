import { sampleChange, samplePermit, samplePlan } from "#lib/operations/sample.ts";
import type { Plan } from "#lib/operations/schema.ts";
import type { Beginning } from "./life.ts";
import { startOwnSource } from "./own-source.ts";
import { administrator, type Scene } from "./scene.ts";

/** How an operation of a scenario may end, whatever happened to those who carried it. */
export type Ending = "done" | "undone" | "needs-attention";

export type Scenario = {
  name: string;
  ending: Ending;
  /** A value that a person typed dies with her request: then nothing was changed, and she enters it again. */
  isTyped?: boolean;
  /** The life after the first one dies too, some points on. */
  diesTwice?: boolean;
  restartsPostgres?: boolean;
  /** Objects that are gone at the end: those that the operation was to remove. */
  removesOld?: boolean;
  begin(scene: Scene): Promise<Beginning>;
};

const rotating = (scene: Scene, plan: Plan, typed: Record<string, string> = {}): Beginning => ({
  permit: samplePermit("secret.rotate", { secretIds: scene.secrets.map(({ secretId }) => secretId) }, administrator),
  plan,
  typed,
});

const typedFor = (plan: Plan) =>
  Object.fromEntries(plan.create.map(({ versionId }) => [versionId, `typed-canary-${versionId}`]));

async function threeServices(scene: Scene, failing: number | null): Promise<void> {
  const secret = await scene.own();
  for (const index of [0, 1, 2]) await scene.addService([secret], { isFailing: index === failing });
}

async function failSecond(scene: Scene): Promise<Beginning> {
  await threeServices(scene, 1);
  return rotating(scene, scene.rotation({ order: "one-by-one" }));
}

async function good(scene: Scene): Promise<Beginning> {
  await threeServices(scene, null);
  return rotating(scene, scene.rotation({ order: "canary", canaryServiceId: scene.services[0]?.id ?? null }));
}

export const scenarios: Scenario[] = [
  { name: "a good rotation over three services", ending: "done", begin: good },
  { name: "one whose second service fails", ending: "undone", begin: failSecond },
  {
    name: "one whose old value is not valid any more",
    ending: "needs-attention",
    isTyped: true,
    async begin(scene) {
      await threeServices(scene, 1);
      const plan = scene.rotation({ order: "together", oldValueStaysValid: false }, { isTyped: true });
      return rotating(scene, plan, typedFor(plan));
    },
  },
  {
    name: "a group of two secrets",
    ending: "done",
    isTyped: true,
    async begin(scene) {
      const both = [await scene.own(), await scene.own()];
      for (const holds of [both, both]) await scene.addService(holds);
      const plan = scene.rotation({ order: "one-by-one" }, { isTyped: true });
      return rotating(scene, plan, typedFor(plan));
    },
  },
  {
    name: "a value that is read at a source",
    ending: "done",
    async begin(scene) {
      const secret = await scene.own();
      for (const holds of [[secret], [secret]]) await scene.addService(holds);
      const source = await startOwnSource();
      scene.source = source;
      const plan = scene.rotation({ order: "canary", canaryServiceId: scene.services[0]?.id ?? null });
      const create = plan.create.map((version) => ({ ...version, value: source.planned }));
      return rotating(scene, { ...plan, create });
    },
  },
  { name: "a grant", ending: "done", begin: grant },
  {
    name: "release and removal",
    ending: "done",
    removesOld: true,
    async begin(scene) {
      const secret = await scene.own();
      for (const holds of [[secret], [secret]]) await scene.addService(holds);
      return rotating(scene, scene.rotation({ order: "together" }, { keepSeconds: 0 }));
    },
  },
  { name: "an undo that is itself interrupted", ending: "undone", diesTwice: true, begin: failSecond },
  { name: "Postgres restarted during recovery", ending: "done", restartsPostgres: true, begin: good },
];

async function grant(scene: Scene): Promise<Beginning> {
  const secret = await scene.own();
  const { id, name } = await scene.addService([]);
  const { secretId, objectId, objectName } = secret;
  const plan = samplePlan({
    kind: "grant",
    clusterId: scene.stage.clusterId,
    secrets: [{ secretId, secretName: secret.name, fromVersion: 1, toVersion: 1 }],
    changes: [
      sampleChange(
        id,
        [
          {
            edit: "add",
            to: { object: "existing", objectId, objectName },
            target: secret.name,
            uid: "0",
            gid: "0",
            mode: 0o444,
          },
        ],
        { serviceName: name, soakSeconds: 1 },
      ),
    ],
  });
  const permit = samplePermit("secret.grant", { secretId, isAcrossStacks: false }, administrator);
  return { permit, plan, typed: {} };
}

import "server-only";
import { expect } from "vitest";
import type { DockerReply } from "./docker-api.ts";
import { containerOf, type Life } from "./task-life.ts";
import type { Spec } from "./tasks.ts";

/** What both stages of the contract offer: Docker's API, an image with a shell, and time that passes. */
export type SwarmStage = {
  image: string;
  call(question: { method: string; path: string; query?: Record<string, string>; body?: object }): Promise<DockerReply>;
  pass(seconds: number): Promise<void>;
};

/** One sentence about Docker, and how it is looked at. */
export type ContractCase = { promise: string; run(scene: ContractScene): Promise<void> };

export type ServiceJson = {
  ID: string;
  Version: { Index: number };
  UpdatedAt: string;
  Spec: Spec;
  PreviousSpec?: Spec;
  UpdateStatus?: { State: string; StartedAt?: string; CompletedAt?: string; Message: string };
  ServiceStatus?: { RunningTasks: number; DesiredTasks: number; CompletedTasks?: number };
};
export type TaskJson = {
  ID: string;
  Slot?: number;
  NodeID?: string;
  CreatedAt: string;
  DesiredState: string;
  Spec: { ContainerSpec: { Secrets?: { SecretID: string }[] } };
  Status: { State: string; Err?: string; ContainerStatus?: { ExitCode: number } };
};
export type SecretHandle = { id: string; name: string };

export type NewService = {
  secrets?: (SecretHandle & { target?: string })[];
  life?: Life;
  mode?: Spec["Mode"];
  update?: Spec["UpdateConfig"];
  rollback?: Spec["UpdateConfig"];
  restart?: "any" | "on-failure" | "none";
};

/** A case's own corner of a Swarm: its names are nobody else's. */
export class ContractScene {
  readonly #stage: SwarmStage;
  readonly #tag: string;
  readonly #services: string[] = [];
  #count = 0;

  constructor(stage: SwarmStage, tag: string) {
    this.#stage = stage;
    this.#tag = tag;
  }

  name(word: string): string {
    this.#count += 1;
    return `${word}-${this.#tag}-${this.#count}`;
  }

  call(
    method: string,
    path: string,
    { query, body }: { query?: Record<string, string>; body?: object } = {},
  ): Promise<DockerReply> {
    return this.#stage.call({ method, path, ...(query ? { query } : {}), ...(body ? { body } : {}) });
  }

  async secret(value = "old", over: object = {}): Promise<SecretHandle> {
    const name = this.name("secret");
    const body = { Name: name, Labels: {}, Data: base64(value), ...over };
    const { ID } = await this.taken<{ ID: string }>("POST", "/secrets/create", { body });
    return { id: ID, name };
  }

  /** A job takes no update policy. */
  spec({ secrets = [], life = {}, mode, update, rollback, restart }: NewService): Spec {
    const policies = {
      UpdateConfig: { Parallelism: 1, Monitor: 2e9, FailureAction: "pause", ...update } as const,
      RollbackConfig: { Parallelism: 1, Monitor: 1e9, FailureAction: "pause", ...rollback } as const,
    };
    const Secrets = secrets.map((secret, index) => referenceTo(secret, secret.target ?? `file${index}`));
    return {
      Name: this.name("service"),
      Labels: {},
      TaskTemplate: {
        ContainerSpec: { Image: this.#stage.image, ...containerOf(life), Secrets },
        RestartPolicy: { Condition: restart ?? "any", Delay: 1e9 },
        ForceUpdate: 0,
      },
      Mode: mode ?? { Replicated: { Replicas: 1 } },
      ...(mode?.ReplicatedJob ? {} : policies),
    };
  }

  async service(given: NewService = {}): Promise<string> {
    const { ID } = await this.taken<{ ID: string }>("POST", "/services/create", { body: this.spec(given) });
    this.#services.push(ID);
    return ID;
  }

  /** Tasks that fail for ever would take the processor away from the cases that come after. */
  async end(): Promise<void> {
    await Promise.all(this.#services.map((id) => this.call("DELETE", `/services/${id}`)));
  }

  /** A service whose tasks all run. */
  async runningService(given: NewService & { tasks?: number } = {}): Promise<string> {
    const id = await this.service(given);
    await this.untilRunning(id, given.tasks ?? given.mode?.Replicated?.Replicas ?? 1);
    return id;
  }

  inspect(id: string): Promise<ServiceJson> {
    return this.taken("GET", `/services/${id}`);
  }

  async tasks(id: string): Promise<TaskJson[]> {
    const query = { filters: JSON.stringify({ service: [id] }) };
    const tasks = await this.taken<TaskJson[]>("GET", "/tasks", { query });
    return tasks.toSorted((a, b) => a.CreatedAt.localeCompare(b.CreatedAt));
  }

  async runningTasks(id: string): Promise<TaskJson[]> {
    return (await this.tasks(id)).filter((task) => task.Status.State === "running" && task.DesiredState === "running");
  }

  /** Compare-and-swap as the CLI does it: the orchestrator's own changes move the version on too. */
  update(id: string, change: (spec: Spec) => unknown = () => undefined): Promise<ServiceJson> {
    return this.until("the update is taken", async () => {
      const service = await this.inspect(id);
      const body = structuredClone(service.Spec);
      change(body);
      const query = { version: String(service.Version.Index) };
      const { statusCode, body: answer } = await this.call("POST", `/services/${id}/update`, { query, body });
      if (statusCode === 200) return service;
      expect((answer as { message: string }).message).toContain("out of sequence");
      return null;
    });
  }

  untilRunning(id: string, count: number, isWanted: (task: TaskJson) => boolean = () => true): Promise<TaskJson[]> {
    return this.until(`${count} tasks run`, async () => {
      const running = (await this.runningTasks(id)).filter(isWanted);
      return running.length === count ? running : null;
    });
  }

  untilStatus(id: string, state: string): Promise<ServiceJson> {
    return this.until(`the update is ${state}`, async () => {
      const service = await this.inspect(id);
      return service.UpdateStatus?.State === state ? service : null;
    });
  }

  async until<T>(what: string, look: () => Promise<T | null>, seconds = 280): Promise<T> {
    for (let passed = 0; passed < seconds; passed += lookSeconds) {
      const seen = await look();
      if (seen !== null) return seen;
      await this.#stage.pass(lookSeconds);
    }
    throw new Error(`not seen: ${what}`);
  }

  pass(seconds: number): Promise<void> {
    return this.#stage.pass(seconds);
  }

  /** A call that Docker takes. */
  async taken<T>(
    method: string,
    path: string,
    given: { query?: Record<string, string>; body?: object } = {},
  ): Promise<T> {
    const { statusCode, body } = await this.call(method, path, given);
    expect(statusCode, JSON.stringify(body)).toBeLessThan(300);
    return body as T;
  }

  /** A call that Docker refuses, in these words. */
  async refused(
    expected: { status: number; words: RegExp },
    method: string,
    path: string,
    given: { query?: Record<string, string>; body?: object } = {},
  ): Promise<void> {
    const { statusCode, body } = await this.call(method, path, given);
    expect((body as { message?: string } | null)?.message ?? "").toMatch(expected.words);
    expect(statusCode).toBe(expected.status);
  }
}

const lookSeconds = 0.15;

export function referenceTo({ id, name }: SecretHandle, target: string, over: object = {}) {
  return { File: { Name: target, UID: "0", GID: "0", Mode: 0o444 }, SecretID: id, SecretName: name, ...over };
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** What a task really runs with. */
export function secretsOf({ Spec: { ContainerSpec } }: TaskJson): string[] {
  return (ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID);
}

/** Replaces every reference to one object by another, as Skep does. */
export function swap(from: SecretHandle, to: SecretHandle): (spec: Spec) => void {
  return ({ TaskTemplate: { ContainerSpec } }) => {
    for (const reference of ContainerSpec.Secrets ?? []) {
      if (reference.SecretID === from.id) Object.assign(reference, { SecretID: to.id, SecretName: to.name });
    }
  };
}

export function restarted(spec: Spec): void {
  spec.TaskTemplate.ForceUpdate += 1;
}

/** How many tasks run with this object. */
export async function countWith(scene: ContractScene, id: string, { id: secretId }: SecretHandle): Promise<number> {
  return (await scene.runningTasks(id)).filter((task) => secretsOf(task).includes(secretId)).length;
}

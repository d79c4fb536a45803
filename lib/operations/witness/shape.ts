import "server-only";

/** What a service mounts. `rotated` and `older` are two versions of the secret that is rotated, `other` is another secret. */
export type Mount = {
  of: "rotated" | "older" | "other";
  target: string;
  uid?: string;
  gid?: string;
  mode?: number;
};

/**
 * A Docker service spec as stack files make them. `network:x` and `config:x` stand for the IDs of a network and a config
 * of that name.
 */
export type Shape = {
  name: string;
  mounts: Mount[];
  container: object;
  /** What the task template holds beside the container. */
  template?: object;
  /** What the spec holds beside the template; a replicated service of one task where it names no mode. */
  service?: object;
  /** Fields that engine 20.10 does not know, or values that it does not give back. */
  isNewer?: boolean;
};

export const second = 1_000_000_000;
export const mebibyte = 1024 * 1024;

/** A number that JavaScript cannot hold, written out as it stands. */
export function long(digits: string): object {
  return (JSON as unknown as { rawJSON(text: string): object }).rawJSON(digits);
}

export function config(name: string, target: string, mode = 0o444): object {
  const File = { Name: target, UID: "0", GID: "0", Mode: mode };
  return { File, ConfigID: `config:${name}`, ConfigName: name };
}

export function volume(source: string, target: string, more: object = {}): object {
  return { Type: "volume", Source: source, Target: target, ...more };
}

export function bind(source: string, target: string, more: object = {}): object {
  return { Type: "bind", Source: source, Target: target, ...more };
}

export type ObjectNames = Record<Mount["of"], { objectId: string; objectName: string }>;

/** The spec as JSON text, with the objects that it mounts. */
export function specTextOf(shape: Shape, objects: ObjectNames): string {
  return JSON.stringify(specOf(shape, objects));
}

export function specOf({ name, mounts, container, template = {}, service = {} }: Shape, objects: ObjectNames): Spec {
  const Secrets = mounts.map(({ of, target, uid = "0", gid = "0", mode = 0o444 }) => ({
    File: { Name: target, UID: uid, GID: gid, Mode: mode },
    SecretID: objects[of].objectId,
    SecretName: objects[of].objectName,
  }));
  const { Isolation = "default", ...rest } = container as { Isolation?: string };
  return {
    Name: name,
    Labels: { "com.docker.stack.namespace": "shapes" },
    TaskTemplate: {
      ContainerSpec: { ...rest, ...(Secrets.length > 0 && { Secrets }), Isolation },
      ForceUpdate: 0,
      Runtime: "container",
      ...(template as { Placement?: { Constraints?: string[] } }),
    },
    Mode: { Replicated: { Replicas: 1 } },
    ...service,
  };
}

export type Spec = {
  Name: string;
  TaskTemplate: { ContainerSpec: object; Placement?: { Constraints?: string[] }; [field: string]: unknown };
  Labels: object;
  Mode: { Replicated?: { Replicas?: number }; Global?: object; ReplicatedJob?: object; GlobalJob?: object };
};

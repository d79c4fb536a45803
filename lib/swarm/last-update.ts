import "server-only";
import { isDeepStrictEqual } from "node:util";
import { type Fields, hasObject, objectAt } from "./fields.ts";
import type { ServiceObject } from "./schema.ts";

/** What a service's last update was about, by what Docker keeps to roll it back. */
export function lastUpdateOf(service: Fields): ServiceObject["lastUpdate"] {
  if (!hasObject(service, "PreviousSpec")) return null;
  const spec = objectAt(service, "Spec");
  const previous = objectAt(service, "PreviousSpec");
  if (isDeepStrictEqual(spec, previous)) return "identical";
  return isDeepStrictEqual(withoutScale(spec), withoutScale(previous)) ? "scale-or-force" : "other";
}

/** The spec without its number of replicas and its counter of forced restarts. */
function withoutScale(spec: Fields): Fields {
  const { ForceUpdate: _, ...template } = objectAt(spec, "TaskTemplate");
  const mode = objectAt(spec, "Mode");
  const { Replicas: __, ...replicated } = objectAt(mode, "Replicated");
  return { ...spec, TaskTemplate: template, Mode: { ...mode, Replicated: replicated } };
}

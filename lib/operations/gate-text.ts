import "server-only";
import { counted, exactTime } from "#lib/words.ts";
import type { GateReason } from "./gate-reason.ts";

/** One thing that keeps a version, as pages and logs say it. */
export function gateText(given: GateReason): string {
  switch (given.reason) {
    case "named":
      return `${given.serviceName} names it`;
    case "previous-spec":
      return `${given.serviceName} could be rolled back to it${notReleasable[given.notReleasable ?? "none"]}`;
    case "task":
      return taskText(given);
    case "volume":
      return `volume ${given.volumeName} names it`;
    case "operation":
      return "an operation on it is under way";
    case "kept":
      return `kept until ${exactTime(given.until)}`;
    case "stack":
      return `stack ${given.stack} still names ${given.version === null ? given.objectName : `v${given.version}`}`;
  }
}

const notReleasable = {
  "runs-to-end": ", and to change that would run it again",
  busy: ", and an update of it is under way or paused",
  "rolled-back": ", and its last update was rolled back",
  none: "",
};

function taskText({ tasks, nodeName, isNodeDown }: Extract<GateReason, { reason: "task" }>): string {
  const where = nodeName === null ? "that no node has yet" : `on ${nodeName}${isNodeDown ? ", which is down" : ""}`;
  return `${counted(tasks, "old task")} ${where}`;
}

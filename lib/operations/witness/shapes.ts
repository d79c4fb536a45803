import "server-only";
import type { Shape } from "./shape.ts";
import { dataShapes } from "./shapes-data.ts";
import { newerShapes } from "./shapes-newer.ts";
import { toolShapes } from "./shapes-tools.ts";
import { webShapes } from "./shapes-web.ts";

/** Services as public stack files have them, written down here in Docker's own JSON. */
export const shapes: readonly Shape[] = [...webShapes, ...dataShapes, ...toolShapes, ...newerShapes];

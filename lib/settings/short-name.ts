import "server-only";
import { z } from "zod";

/** How a source or a rotator is called in lists and sentences. */
export const shortName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,57}$/, "Give it a short name: letters, digits, _ . and -, at most 58 of them.");

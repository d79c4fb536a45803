import "server-only";
import { cache } from "react";

/**
 * What a page's parts ask at the same time is found out once, and forgotten with the answer. Outside of the making of a page,
 * in an action too, each call asks anew: so what an action has changed is seen by the page that follows.
 */
export const oncePerRequest: <T>(ask: () => Promise<T>) => () => Promise<T> = cache;

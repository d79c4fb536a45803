/** What is left of a keep time, in whole minutes, so that the plan stays the same while it is read. */
export function keepLeft(retireAfter: string): number {
  return Math.max(0, Math.ceil((Date.parse(retireAfter) - Date.now()) / 60_000)) * 60;
}

/** What is wrong, by the path of the field that is to be mended; what belongs to none is under "". */
export type Problems = Record<string, string>;

export function hasProblem(problems: Problems, name: RegExp): boolean {
  return Object.keys(problems).some((key) => name.test(key));
}

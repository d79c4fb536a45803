import { parseArgs } from "node:util";
import { AppError } from "#lib/errors.ts";

/** One option of a proof's command line, with what its usage says of it. */
export type Option = { says: string } & (
  | { is: "number"; least: 0 | 1; otherwise: number | "another each time" }
  | { is: "text" }
  | { is: "flag" }
  | { is: "one of"; names: readonly string[] }
);

type Value<O extends Option> = O extends { is: "number" }
  ? number
  : O extends { is: "flag" }
    ? boolean
    : O extends { is: "one of"; names: readonly (infer Name)[] }
      ? Name | undefined
      : string | undefined;

/** Reads the command line of a proof. What would prove nothing, or never end, is refused here in one sentence. */
export function readOptions<const Options extends Record<string, Option>>(
  proof: string,
  argv: string[],
  options: Options,
): { [Name in keyof Options]: Value<Options[Name]> } {
  const refusal = (sentence: string, cause?: unknown) =>
    new AppError("invalid-input", `${sentence}\n${usageOf(proof, options)}`, { cause });
  const given = parse(argv, options, refusal);
  const read = Object.entries(options).map(([name, option]) => [name, readValue(name, option, given[name], refusal)]);
  return Object.fromEntries(read) as { [Name in keyof Options]: Value<Options[Name]> };
}

type Refuse = (sentence: string, cause?: unknown) => AppError;
type Given = string | boolean | (string | boolean)[] | undefined;

function parse(argv: string[], options: Record<string, Option>, refusal: Refuse): Record<string, Given> {
  const kinds = Object.entries(options).map(([name, { is }]) => {
    return [name, { type: is === "flag" ? ("boolean" as const) : ("string" as const) }];
  });
  try {
    return parseArgs({ args: argv, options: Object.fromEntries(kinds) }).values;
  } catch (cause) {
    throw refusal(`${cause instanceof Error ? cause.message.split(/\. |\n/)[0]?.replace(/\.$/, "") : cause}.`, cause);
  }
}

function readValue(name: string, option: Option, given: Given, refusal: Refuse): number | Given {
  if (option.is === "flag") return given === true;
  if (given === undefined) return option.is === "number" ? numberOf(option.otherwise) : undefined;
  const text = String(given);
  if (option.is === "one of" && !option.names.includes(text)) {
    throw refusal(`--${name} ${text} is none of: ${option.names.join(", ")}.`);
  }
  if (option.is !== "number") return text;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= option.least) return number;
  throw refusal(`--${name} ${text} is no whole number from ${option.least} on.`);
}

function numberOf(otherwise: number | "another each time"): number {
  return typeof otherwise === "number" ? otherwise : Math.floor(Math.random() * 2 ** 30);
}

function usageOf(proof: string, options: Record<string, Option>): string {
  const heads = Object.entries(options).map(
    ([name, option]) => [`--${name}${placeholders[option.is]}`, option] as const,
  );
  const width = Math.max(...heads.map(([head]) => head.length));
  const lines = heads.map(([head, option]) => {
    const otherwise = option.is === "number" ? `; ${option.otherwise} without it` : "";
    return `  ${head.padEnd(width)}  ${option.says}${otherwise}`;
  });
  return [`npm run prove:${proof} -- [options]`, ...lines].join("\n");
}

const placeholders: Record<Option["is"], string> = {
  number: " <number>",
  text: " <text>",
  "one of": " <name>",
  flag: "",
};

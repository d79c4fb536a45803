import { reportFailure } from "./console.ts";

/** Each command is a file here with `run(args)`, which resolves to the exit code. */
type Command = { run(commandLine: string[]): Promise<number> };

const commands: Record<string, () => Promise<Command>> = {
  admin: () => import("./admin.ts"),
  audit: () => import("./audit.ts"),
};

const [name = "", ...rest] = process.argv.slice(2);
const load = commands[name];
if (load) {
  try {
    process.exitCode = await (await load()).run(rest);
  } catch (error) {
    reportFailure(error);
    process.exitCode = 1;
  }
} else {
  const known = ["start", "dev", "build", "test", "check", "bench", ...Object.keys(commands)].join(", ");
  process.stderr.write(`There is no command "${name}". There are: ${known}.\n`);
  process.exitCode = 1;
}

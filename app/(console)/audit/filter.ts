import type { Query } from "#components/filters/query.ts";
import type { EventFilter, ShownOutcome } from "#lib/audit/schema.ts";
import { operationKinds, operationVerbs } from "#lib/policy/schema.ts";

export const outcomes = [
  "done",
  "running-not-verified",
  "unverified-asleep",
  "left-out",
  "undone",
  "failed",
  "mixed",
  "accepted",
  "denied",
  "observed",
  "attention",
  "running",
] as const satisfies ShownOutcome[];

/** Kinds of operations, then families of other events. */
export const actions: { value: string; label: string }[] = [
  ...operationKinds.map((value) => ({ value: value as string, label: operationVerbs[value].replace(/ of$/, "") })),
  { value: "retirement", label: "Removal asked for or taken back" },
  { value: "outside", label: "Change outside Skep" },
  { value: "permit", label: "Refusal" },
  { value: "session", label: "Sign-in and sessions" },
  { value: "person", label: "People" },
  { value: "setting", label: "Defaults" },
  { value: "source", label: "Sources" },
  { value: "rotator", label: "Rotators" },
  { value: "secret", label: "Bound and attached" },
  { value: "import", label: "Imports" },
  { value: "automation", label: "Automatic work" },
  { value: "value", label: "Comparison of a value" },
  { value: "swarm", label: "The Swarm" },
  { value: "audit", label: "The history itself" },
];

/** The names under which the address keeps them. */
export const filterNames = ["q", "person", "action", "secret", "service", "outcome", "from", "to", "outside"] as const;

/** The address of the history, as the query that its page, its count and its export share. */
export function filterIn(query: Query): EventFilter {
  const text = (name: string) => {
    const value = query[name];
    return (typeof value === "string" ? value.trim() : "") || undefined;
  };
  return {
    search: text("q"),
    person: text("person"),
    action: text("action"),
    secret: text("secret"),
    service: text("service"),
    outcome: outcomes.find((outcome) => outcome === text("outcome")),
    from: moment(text("from")),
    to: moment(endOfDay(text("to"))),
    onlyOutside: text("outside") === "1" || undefined,
  };
}

/** The same of a route: a name that comes several times is a list, as it is for a page, and filters nothing. */
export function filterOf(parameters: URLSearchParams): EventFilter {
  const names = [...new Set(parameters.keys())];
  return filterIn(
    Object.fromEntries(
      names.map((name) => {
        const [only = "", ...more] = parameters.getAll(name);
        return [name, more.length === 0 ? only : [only, ...more]];
      }),
    ),
  );
}

/** A last day counts as a whole. */
function endOfDay(text: string | undefined): string | undefined {
  return text && /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59.999Z` : text;
}

/** A day or a time of the address as ISO 8601; what is no time counts as none. */
function moment(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}

import "server-only";
import type { ServiceObject, Standing } from "#lib/swarm/schema.ts";
import { runningText, standingOf } from "#lib/swarm/standing.ts";
import { agreeing, counted } from "#lib/words.ts";
import { type FindingInput, finding, type Rule, secretsHeld, sentence } from "../input.ts";
import type { Finding } from "../schema.ts";

/** More lines than this would push away what else matters: then one line leads to the list. */
const mostLines = 5;

/** A deploy that failed and stands still: until somebody mends it, its service gets no new version of any secret (R17). */
export const servicePaused: Rule = (input) => {
  const paused = standing(input, "paused");
  if (paused.length > mostLines) return [folded("service-paused", paused, "stand still after a failed update")];
  return paused.map((service) =>
    finding({
      rule: "service-paused",
      severity: "soon",
      serviceId: service.id,
      since: service.update?.completedAt ?? service.update?.startedAt ?? null,
      parts: [
        { text: `The last ${whatStopped(service)} of `, isName: false },
        ...sentence`${service.name} failed and stands still: `,
        { text: runningText(service), isName: false },
      ],
      mend: { label: "See why", href: `/services/${service.id}` },
      hint: `Skep leaves it alone meanwhile. Deploy a mended one, or go back: \`docker service rollback ${service.name}\`.`,
    }),
  );
};

/** A service that runs fewer tasks than it wants, though no update replaces them at the moment, with what its last failing task said. */
export const serviceShort: Rule = (input) => {
  const short = standing(input, "short");
  const isStalled = ({ id }: ServiceObject) => input.snapshot.stalled.has(id);
  const none = short.filter(isDown).length;
  if (short.length > mostLines) {
    const what = `are short of tasks, ${none.toLocaleString("en")} of them ${agreeing(none, "runs", "run")} none`;
    return [folded("service-short", short, what)];
  }
  return short.map((service) =>
    finding({
      rule: "service-short",
      severity: isDown(service) ? "now" : "soon",
      serviceId: service.id,
      since: isStalled(service) ? (service.update?.startedAt ?? null) : null,
      parts: [
        ...sentence`${service.name} is short of tasks: `,
        { text: runningText(service), isName: false },
        ...(isStalled(service) ? [{ text: `, and its ${whatRuns(service)} gets no further`, isName: false }] : []),
      ],
      mend: { label: "See its tasks", href: `/services/${service.id}` },
      hint: lastWords(input, service),
    }),
  );
};

/** Only those that hold a secret are Skep's to watch; what an operation moves, its own page tells of. */
function standing({ snapshot, kindOf, records, operations }: FindingInput, wanted: Standing): ServiceObject[] {
  const busy = secretsHeld(operations);
  const held = new Set(
    records.flatMap(({ id, versions }) => (busy.has(id) ? versions.map(({ objectId }) => objectId) : [])),
  );
  return [...snapshot.services.values()].filter(
    (service) =>
      service.references.length > 0 &&
      !service.references.some(({ objectId }) => held.has(objectId)) &&
      standingOf(service, kindOf(service), snapshot.stalled) === wanted,
  );
}

function whatStopped({ update }: ServiceObject): string {
  return update?.state === "paused" ? "update" : "rollback";
}

function whatRuns({ update }: ServiceObject): string {
  return update?.state === "updating" ? "update" : "rollback";
}

/** The newest error of its tasks: it is what an operator would look for first. */
function lastWords({ snapshot }: FindingInput, { id }: ServiceObject): string | null {
  const failed = (snapshot.tasksByService.get(id) ?? []).filter(({ error }) => error);
  const [last] = failed.toSorted((a, b) => Date.parse(b.stateAt) - Date.parse(a.stateAt));
  if (!last) return null;
  const node = snapshot.nodes.get(last.nodeId ?? "")?.hostname;
  return `Its last failing task${node ? ` on ${node}` : ""} says: “${last.error?.replaceAll("`", "'")}”.`;
}

/** The filter of the list of services is called as what the rule looks for. */
function folded(rule: "service-paused" | "service-short", services: readonly ServiceObject[], what: string): Finding {
  return finding({
    rule,
    count: services.length,
    severity: rule === "service-short" && services.some(isDown) ? "now" : "soon",
    parts: [{ text: `${counted(services.length, "service")} ${what}`, isName: false }],
    mend: {
      label: `See ${services.length.toLocaleString("en")}`,
      href: `/services?state=${rule.replace("service-", "")}&state=holds`,
    },
  });
}

function isDown({ tasks }: ServiceObject): boolean {
  return tasks.running === 0;
}

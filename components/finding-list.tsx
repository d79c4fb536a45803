import type { Finding } from "#lib/findings/schema.ts";
import { Ago } from "./ago.tsx";
import { ButtonLink } from "./button.tsx";
import { FindingStatus } from "./finding-status.tsx";
import { Parts, Sentence } from "./mono.tsx";

/** What should be mended, each with its mend. Where nobody knows since when any of them is, there is no column for it. */
export function FindingList({ findings }: { findings: readonly Finding[] }) {
  const hasTimes = findings.some(({ since }) => since !== null);
  return (
    <ul className="divide-y divide-line">
      {findings.map((finding) => (
        <FindingLine key={keyOf(finding)} finding={finding} hasTimes={hasTimes} />
      ))}
    </ul>
  );
}

function FindingLine({ finding, hasTimes }: { finding: Finding; hasTimes: boolean }) {
  const { rule, parts, hint, mend, since } = finding;
  return (
    <li
      className={`grid min-h-[41px] grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1.5 px-3 py-[5px] max-md:py-3 ${hasTimes ? "md:grid-cols-[96px_minmax(0,1fr)_auto_72px]" : "md:grid-cols-[96px_minmax(0,1fr)_auto]"}`}
    >
      <span>
        <FindingStatus rule={rule} />
      </span>
      <span className="max-md:order-2 max-md:col-span-2">
        <Parts parts={parts} />
        {hint && (
          <span className="block text-faint">
            <Sentence text={hint} />
          </span>
        )}
      </span>
      <span className="empty:hidden max-md:order-3 max-md:col-span-2 md:justify-self-end md:empty:block">
        {mend && (
          <ButtonLink href={mend.href} data-row>
            {mend.label}
          </ButtonLink>
        )}
      </span>
      {hasTimes && <span className="text-right text-faint max-md:order-1">{since && <Ago at={since} />}</span>}
    </li>
  );
}

function keyOf({ rule, secretId, serviceId, operationId, parts }: Finding): string {
  return [rule, secretId, serviceId, operationId, ...parts.map(({ text }) => text)].join(" ");
}

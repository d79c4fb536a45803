import { CircleCheck, TriangleAlert } from "lucide-react";
import { Ago, Until } from "#components/ago.tsx";
import { Mono } from "#components/mono.tsx";
import { Status } from "#components/status.tsx";
import type { SourceRow } from "#lib/sources/schema.ts";
import { counted } from "#lib/words.ts";
import { SourceDialog } from "./source-dialog.tsx";

export function SourceList({ sources, canEdit }: { sources: SourceRow[]; canEdit: boolean }) {
  return (
    <ul className="divide-y divide-line">
      {sources.map((source) => (
        <li key={source.id} className="grid gap-1 px-4 py-2.5">
          <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-1">
            <div className="min-w-0 flex-1 basis-60">
              <p className="font-medium [overflow-wrap:anywhere]">
                <Mono>{source.name}</Mono>
              </p>
              <p className="text-faint text-small [overflow-wrap:anywhere]">{source.text}</p>
            </div>
            <p className="w-28 text-soft">{source.bound === 0 ? "nothing bound" : counted(source.bound, "secret")}</p>
            <p className="w-36">
              <State failure={source.failure} isAsked={source.bound > 0} />
            </p>
            {canEdit && <SourceDialog source={source} />}
          </div>
          {source.failure && (
            <p className="text-soft">
              {source.failure.sentence}
              {source.failure.nextAskAt && (
                <>
                  {" "}
                  Left alone until <Until at={source.failure.nextAskAt} />.
                </>
              )}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function State({ failure, isAsked }: { failure: SourceRow["failure"]; isAsked: boolean }) {
  if (failure) {
    return (
      <Status tone="red" icon={<TriangleAlert />}>
        Failing <Ago at={failure.since} />
      </Status>
    );
  }
  if (!isAsked) return <span className="text-soft">not asked</span>;
  return (
    <Status tone="green" icon={<CircleCheck />}>
      Answers
    </Status>
  );
}

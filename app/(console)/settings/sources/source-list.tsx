import { CircleCheck, TriangleAlert } from "lucide-react";
import { Ago, Until } from "#components/ago.tsx";
import { Status } from "#components/status.tsx";
import type { SourceRow } from "#lib/sources/schema.ts";
import { counted } from "#lib/words.ts";
import { OutsideEntry } from "../outside/entry.tsx";
import { SourceDialog } from "./source-dialog.tsx";

export function SourceList({ sources, canEdit }: { sources: SourceRow[]; canEdit: boolean }) {
  return (
    <ul className="divide-y divide-line">
      {sources.map((source) => (
        <OutsideEntry
          key={source.id}
          name={source.name}
          text={source.text}
          use={source.bound === 0 ? "nothing bound" : counted(source.bound, "secret")}
          state={<State failure={source.failure} isAsked={source.bound > 0} />}
          change={canEdit && <SourceDialog source={source} />}
        >
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
        </OutsideEntry>
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

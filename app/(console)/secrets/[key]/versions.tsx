import { Clock, KeyRound, Link2Off, Undo2, X } from "lucide-react";
import type { ReactNode } from "react";
import { Ago, Until } from "#components/ago.tsx";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { Mono } from "#components/mono.tsx";
import { Status, type Tone } from "#components/status.tsx";
import type { SecretView, VersionView } from "#lib/inventory/schema.ts";

const looks: Record<VersionView["state"], { tone: Tone; icon: ReactNode; word: string }> = {
  pending: { tone: "blue", icon: <Clock />, word: "Pending" },
  current: { tone: "honey", icon: <KeyRound />, word: "Current" },
  previous: { tone: "blue", icon: <Clock />, word: "Previous" },
  abandoned: { tone: "red", icon: <Undo2 />, word: "Abandoned" },
  removed: { tone: "neutral", icon: <X />, word: "Removed" },
  unmanaged: { tone: "neutral", icon: <Link2Off />, word: "Unmanaged" },
};

/** The versions on a line of time, newest first, each with what holds it. */
export function Versions({ secret: { versions, key } }: { secret: SecretView }) {
  return (
    <Card>
      <CardHeader title="Versions" />
      <ol className="px-[14px] pb-3">
        {versions.map((version, place) => (
          <li
            key={version.versionId ?? version.objectId ?? version.objectName}
            className="relative grid min-h-9 grid-cols-[14px_auto_1fr] items-baseline gap-x-3 gap-y-0.5 py-2 md:grid-cols-[14px_64px_110px_1fr_auto]"
          >
            {place < versions.length - 1 && (
              <span className="absolute top-[18px] bottom-[-10px] left-[4px] w-px bg-line2" />
            )}
            <span
              aria-hidden="true"
              className={`z-10 mt-1 size-[9px] rounded-full border-2 ${version.state === "current" ? "border-honey bg-honey" : "border-line2 bg-panel"}`}
            />
            <Mono>{version.number === null ? "–" : `v${version.number}`}</Mono>
            <State state={version.state} />
            <span className="text-soft max-md:col-span-3 max-md:pl-[26px]">
              <Text version={version} />
              {version.isLeaked && version.state !== "removed" && (
                <span className="block text-red">Its value has leaked: an emergency rotation says so.</span>
              )}
              {version.replaced && version.state !== "removed" && (
                <span className="block text-faint">{replacedSentences[version.replaced]}</span>
              )}
              {version.heldBy.length > 0 && (
                <span className="block text-faint">Not removed yet: {version.heldBy.join("; ")}.</span>
              )}
              <span className="mt-2 mb-1 flex flex-wrap gap-2 empty:hidden">
                <VersionActions version={version} secretKey={key} />
              </span>
            </span>
            <span className="text-faint max-md:col-span-3 max-md:pl-[26px]">
              <Ago at={version.createdAt} />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

const replacedSentences = {
  surely: "Its password was replaced since: nobody can sign in with it.",
  perhaps: "Its password may have been replaced since: what was to come after it was given up on the way.",
};

/** When an old version goes, if nothing needs it then; else what is known of it. */
function Text({ version: { text, retireAfter, state } }: { version: VersionView }) {
  if (retireAfter === null || state === "removed") return text;
  return (
    <>
      kept until <Until at={retireAfter} />, then removed once nothing can need it
    </>
  );
}

function State({ state }: { state: VersionView["state"] }) {
  const { tone, icon, word } = looks[state];
  return (
    <span className="-mt-px self-start">
      <Status tone={tone} icon={icon}>
        {word}
      </Status>
    </span>
  );
}

function VersionActions({
  version: { versionId, can, stacks },
  secretKey,
}: {
  version: VersionView;
  secretKey: string;
}) {
  if (!versionId) return null;
  return (
    <>
      {stacks.length > 0 && can.includes("secret.retire") && (
        <ButtonLink href={`/secrets/${secretKey}/stack-line?versionId=${versionId}`}>
          I changed the stack file
        </ButtonLink>
      )}
      {can.includes("secret.roll-back") && (
        <ButtonLink href={`/secrets/${secretKey}/roll-back?versionId=${versionId}`}>Roll back to it</ButtonLink>
      )}
      {can.includes("secret.retire") && (
        <ButtonLink href={`/secrets/${secretKey}/retire?versionId=${versionId}`}>Retire</ButtonLink>
      )}
    </>
  );
}

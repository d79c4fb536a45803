import { useId } from "react";
import { SelectField } from "#components/select-field.tsx";
import type { MemberView } from "#lib/inventory/schema.ts";
import { isAsked } from "#lib/rotation/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { chosenSecrets, type Fields, listOf, textOf } from "../plan/fields.ts";
import { OldValueQuestion } from "../plan/old-value-fields.tsx";
import { isAnswered, ofAll, oldOfAll, ownSource } from "./answers.ts";

type Asked = { member: MemberView | undefined; suffix: string };

type Props = { members: ReadonlyMap<string, MemberView>; fields: Fields; answers: Fields };

/** One answer for each question, for all secrets that have none of their own; who wants it otherwise for one says so there. */
export function ForAll({ members, fields, answers }: Props) {
  const id = useId();
  const all = chosenSecrets(fields).map(({ secretId, suffix }) => ({ member: members.get(secretId), suffix }));
  const isOpen = all.some(({ member }) => ownSource(member) === null);
  const isToAnswer = ({ suffix }: Asked) => isAsked(textOf(answers, `source${suffix}`));
  const asksOld = all.some((each) => !isAnswered(each.member) && isToAnswer(each));
  if (listOf(fields, "secret").length < 2 || !(isOpen || asksOld)) return null;
  const isLeft = (name: string, suffix: string) => textOf(fields, `${name}${suffix}`) === "";
  const followsNew = ({ member, suffix }: Asked) => ownSource(member) === null && isLeft("source", suffix);
  const followsOld = (each: Asked) => !isAnswered(each.member) && isLeft("oldStaysValid", each.suffix);
  const following = all.filter(
    (each) => (!isOpen || followsNew(each)) && (!asksOld || !isToAnswer(each) || followsOld(each)),
  ).length;
  return (
    <fieldset
      aria-labelledby={id}
      className="grid gap-x-4 gap-y-2.5 rounded-lg border border-line2 bg-panel px-3.5 py-3 md:grid-cols-[minmax(0,1fr)_13rem_13rem]"
    >
      <div className="min-w-0 md:pt-1">
        <span id={id} className="font-medium">
          For all
        </span>
        <p className="text-soft">{followingText(following, all.length)}</p>
      </div>
      {isOpen && (
        <SelectField
          label={
            <>
              New value<span className="sr-only"> of all, where it comes from</span>
            </>
          }
          name={`source${ofAll}`}
          defaultValue={textOf(fields, `source${ofAll}`)}
          options={sources}
        />
      )}
      {asksOld && (
        <OldValueQuestion
          label={
            <>
              Old value<span className="sr-only"> of all</span>
            </>
          }
          secret={{ settings: null }}
          fields={fields}
          suffix={ofAll}
          error={undefined}
        />
      )}
    </fieldset>
  );
}

function followingText(following: number, all: number): string {
  const own = all - following;
  if (own === 0) return "Holds for each secret below, unless you choose otherwise there.";
  const others = `${counted(own, "secret")} ${agreeing(own, "has an answer", "have answers")} of ${agreeing(own, "its", "their")} own below`;
  return following === 0
    ? "Each has an answer of its own below."
    : `Holds for ${following.toLocaleString("en")} of ${counted(all, "secret")}; ${others}.`;
}

/** Where any secret may get a new value from. */
export const sources = [
  { value: "generated", label: "Make one; nobody sees it" },
  { value: "shown", label: "Make one, show it once" },
  { value: "typed", label: "I enter it" },
];

/** What a secret's own choice reads that is left to the answer for all. */
export function sourceAsForAll(fields: Fields) {
  const words: Record<string, string> = { generated: "made", shown: "made, shown once", typed: "I enter it" };
  return { value: "", label: `As for all: ${words[textOf(fields, `source${ofAll}`)] ?? "say above"}` };
}

/** The same of the old value, undefined where nothing was answered for all. */
export function oldAsForAll(fields: Fields): string | undefined {
  const words: Record<string, string> = { yes: "As for all: still works", no: "As for all: stops working" };
  return words[oldOfAll(fields)];
}

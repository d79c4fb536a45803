import { CheckField } from "#components/check-field.tsx";
import { Mono } from "#components/mono.tsx";
import { SelectField } from "#components/select-field.tsx";
import { generatorText } from "#lib/generate/schema.ts";
import type { MemberView } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import { isAsked, isMade } from "#lib/rotation/schema.ts";
import { usualGenerator } from "#lib/secrets/schema.ts";
import { counted } from "#lib/words.ts";
import { chosenSecrets, type Fields, listOf, textOf } from "../plan/fields.ts";
import { GeneratorFields } from "../plan/generator-fields.tsx";
import { MoveFields } from "../plan/move-fields.tsx";
import { OldValueQuestion, OldValueSelect } from "../plan/old-value-fields.tsx";
import type { Problems } from "../plan/problems.ts";
import { isAnswered, ownSource } from "./answers.ts";
import { ForAll, oldAsForAll, sourceAsForAll, sources } from "./for-all.tsx";

type Props = {
  members: ReadonlyMap<string, MemberView>;
  /** What the fields show, and what that comes to where a secret leaves its answer to the one for all. */
  fields: Fields;
  answers: Fields;
  plan: Plan | null;
  problems: Problems;
};

/** Where each secret gets its new value from, and how the services of all of them move. */
export function GroupOptions({ members, fields, answers, plan, problems }: Props) {
  const chosen = chosenSecrets(fields);
  return (
    <>
      {["stack", "service"].map((name) => {
        const value = textOf(fields, name);
        return value && <input key={name} type="hidden" name={name} value={value} />;
      })}
      <ForAll members={members} fields={fields} answers={answers} />
      <ul aria-label="Secrets" className="divide-y divide-line rounded-lg border border-line bg-panel">
        {listOf(fields, "secret").map((secretId, place) => (
          <Member
            key={secretId}
            secretId={secretId}
            member={members.get(secretId)}
            suffix={`:${place}`}
            path={`secrets.${chosen.findIndex((each) => each.secretId === secretId)}.`}
            fields={fields}
            answers={answers}
            plan={plan}
            problems={problems}
          />
        ))}
      </ul>
      <MoveFields
        secrets={chosen.flatMap(({ secretId }) => members.get(secretId) ?? [])}
        fields={fields}
        plan={plan}
        problems={problems}
      />
    </>
  );
}

type MemberProps = Omit<Props, "members"> & {
  secretId: string;
  member: MemberView | undefined;
  /** What sets its fields apart, and where the problems of its generator are found. */
  suffix: string;
  path: string;
};

function Member({ secretId, member, suffix, path, fields, answers, plan, problems }: MemberProps) {
  const isOut = listOf(fields, "out").includes(secretId);
  const source = textOf(answers, `source${suffix}`);
  const name = member?.name ?? "a secret that is gone";
  const answer = { secret: { settings: member?.settings ?? null }, fields, suffix };
  const ofIt = <span className="sr-only"> of {name}</span>;
  return (
    <li className="grid gap-3 px-3.5 py-3">
      <input type="hidden" name="secret[]" value={secretId} />
      <div className="grid gap-x-4 gap-y-2.5 md:grid-cols-[minmax(0,1fr)_13rem_13rem]">
        <div className={`min-w-0 md:pt-1 ${isOut ? "text-soft" : ""}`}>
          <span className="font-medium [overflow-wrap:anywhere]">
            <Mono>{name}</Mono>
          </span>{" "}
          <span className="whitespace-nowrap text-faint">{moveText(plan, secretId, member)}</span>
          <div className="mt-1 flex flex-wrap items-start gap-x-4 gap-y-1 text-soft">
            <span>{usersText(member)}</span>
            <CheckField name="out[]" value={secretId} defaultChecked={isOut} label={<>Leave out{ofIt}</>} />
          </div>
        </div>
        {!isOut && (
          <SelectField
            label={
              <>
                New value<span className="sr-only"> of {name}, where it comes from</span>
              </>
            }
            name={`source${suffix}`}
            defaultValue={textOf(fields, `source${suffix}`)}
            options={sourcesOf(member, fields)}
          />
        )}
        {!isOut && isAsked(source) && (
          <OldValueQuestion
            {...answer}
            label={<>Old value{ofIt}</>}
            error={problems[`oldStaysValid:${secretId}`]}
            unsaid={isAnswered(member) ? undefined : oldAsForAll(fields)}
          />
        )}
      </div>
      {!isOut && isMade(source) && <Made {...{ member, secretId, name, suffix, path, fields, problems, answer }} />}
    </li>
  );
}

/** Made as the secret says; who wants it otherwise this time gets the fields for that. */
function Made({
  member,
  secretId,
  name,
  suffix,
  path,
  fields,
  problems,
  answer,
}: Pick<MemberProps, "member" | "secretId" | "suffix" | "path" | "fields" | "problems"> & {
  name: string;
  answer: Pick<Parameters<typeof OldValueSelect>[0], "secret" | "fields" | "suffix">;
}) {
  const isOther = listOf(fields, "differs").includes(secretId);
  const usual = generatorText(member?.settings?.generator ?? usualGenerator);
  return (
    <>
      <CheckField
        name="differs[]"
        value={secretId}
        defaultChecked={isOther}
        label={
          <>
            Make it otherwise than usual<span className="sr-only">, {name}</span>{" "}
            {!isOther && <span className="text-soft">({usual})</span>}
          </>
        }
      />
      {isOther && (
        <div className="grid gap-4 rounded-lg bg-sunk px-3.5 py-3">
          <GeneratorFields fields={fields} problems={problems} suffix={suffix} path={path} />
          <OldValueSelect {...answer} label="While services move, does the old value still work?" />
        </div>
      )}
    </>
  );
}

/** Of a secret that is attached nothing else: the other side would not know it. */
function sourcesOf(member: MemberView | undefined, fields: Fields) {
  if (member?.rotatorName) return [{ value: "rotator", label: `Set at ${member.rotatorName}` }];
  if (member?.sourceName) return [{ value: "source", label: `Read it at ${member.sourceName}` }, ...sources];
  const isLeftToAll = ownSource(member) === null && listOf(fields, "secret").length > 1;
  return isLeftToAll ? [sourceAsForAll(fields), ...sources] : sources;
}

function moveText(plan: Plan | null, secretId: string, member: MemberView | undefined): string {
  const planned = plan?.secrets.find((each) => each.secretId === secretId);
  const from = planned?.fromVersion ?? member?.currentVersion ?? null;
  if (from === null) return "";
  return planned?.toVersion == null ? `v${from}` : `v${from} → v${planned.toVersion}`;
}

function usersText(member: MemberView | undefined): string {
  const services = new Set(member?.grants.map(({ serviceId }) => serviceId));
  return services.size === 0 ? "nothing uses it" : `used by ${counted(services.size, "service")}`;
}

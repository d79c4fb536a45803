import { CheckField } from "#components/check-field.tsx";
import { Disclosure } from "#components/disclosure.tsx";
import { Field } from "#components/field.tsx";
import { RadioField } from "#components/radio-field.tsx";
import type { AttachmentView, SecretView } from "#lib/inventory/schema.ts";
import { isAsked, isMade } from "#lib/rotation/schema.ts";
import { shownVersionId } from "#lib/words.ts";
import { textOf } from "../../plan/fields.ts";
import { GeneratorFields, madeText } from "../../plan/generator-fields.tsx";
import { MoveFields } from "../../plan/move-fields.tsx";
import { LeakedValueField, OldValueField, OldValueSelect } from "../../plan/old-value-fields.tsx";
import { hasProblem } from "../../plan/problems.ts";
import type { OptionsProps } from "./verb.ts";

/** Where the new value comes from; all else is folded, with what holds if nobody opens it. */
export function RotateOptions(props: OptionsProps & { isEmergency?: boolean }) {
  const { secret, fields, problems, plan, isEmergency } = props;
  const source = textOf(fields, "source");
  const isFromElsewhere = isAsked(source);
  const question = "While services move, does the old value still work?";
  return (
    <>
      <RadioField
        label="The new value"
        name="source"
        defaultValue={source}
        options={sourcesOf(secret, isEmergency ?? false)}
      />
      {isEmergency && mayGoBack(secret) && (
        <LeakedValueField fields={fields} error={problems[`oldStaysValid:${secret.id}`]} />
      )}
      {isFromElsewhere && !isEmergency && (
        <OldValueField
          label={question}
          secret={secret}
          fields={fields}
          error={problems[`oldStaysValid:${secret.id}`]}
        />
      )}
      {isMade(source) && (
        <Disclosure title="How it is made" now={madeText(fields)} isOpen={hasProblem(problems, /^generator/)}>
          <GeneratorFields fields={fields} problems={problems} />
          <p className="text-[12px] text-soft">Kept with the secret: the next click makes the same kind.</p>
        </Disclosure>
      )}
      <MoveFields secrets={[secret]} fields={fields} plan={plan} problems={problems} isEmergency={isEmergency}>
        {isMade(source) && !isEmergency && <OldValueSelect label={question} secret={secret} fields={fields} />}
      </MoveFields>
    </>
  );
}

const made = [
  {
    value: "generated",
    label: "Make one; nobody sees it",
    hint: "For what only services read. A database that has to accept it would not learn it.",
  },
  {
    value: "shown",
    label: "Make one and show it to me once",
    hint: "For whatever else has to know it, such as the database itself.",
  },
  { value: "typed", label: "I enter it", hint: "By typing, pasting or a file." },
];

function sourcesOf({ binding, attachment }: SecretView, isEmergency: boolean) {
  if (attachment) return [setAt(attachment)];
  if (!binding) return made;
  const { newestId, path, sourceName } = binding;
  const what = newestId ? `Version ${shownVersionId(newestId)} of ${path}.` : `What is at ${path} now.`;
  const hint = `${what}${isEmergency ? " Only once it was changed there." : ""}`;
  return [{ value: "source", label: `Read it at ${sourceName}`, hint }, ...made];
}

/** Of a secret that is attached nothing else: the other side would not know it. */
function setAt({ rotatorName, mode, login }: AttachmentView) {
  const next = mode?.logins.find((each) => each !== login);
  const whose = next ? ` for ${next}` : "";
  const hint = `Skep makes one${whose}, sets it there, signs in with it, and only then moves services.`;
  return { value: "rotator", label: `A new password, set at ${rotatorName}`, hint };
}

/** The old value works no more once the new one is set: nobody is asked whether to go back to it. */
function mayGoBack({ attachment }: SecretView): boolean {
  return !attachment || (attachment.mode?.keepsOld ?? false);
}

/** A value that has leaked: what happened, the new value, and the line that would bring the old one back. */
export function EmergencyOptions(props: OptionsProps) {
  const { fields, problems, secret, plan } = props;
  const created = plan?.create[0];
  const stacks = [...new Set(secret.grants.flatMap(({ stack }) => stack ?? []))].sort();
  return (
    <>
      <Field
        label="What happened"
        name="reason"
        maxLength={300}
        defaultValue={textOf(fields, "reason")}
        error={"asked" in fields ? problems.reason : undefined}
        hint="The history keeps it. Do not write the value."
      />
      <RotateOptions {...props} isEmergency />
      {stacks.length > 0 && (
        <CheckField
          name="isStackConfirmed"
          value="true"
          defaultChecked={textOf(fields, "isStackConfirmed") !== ""}
          label={
            <>
              I changed the stack file of <code>{stacks.join(", ")}</code>:{" "}
              {created ? (
                <>
                  its line is <code>name: {created.objectName}</code>
                </>
              ) : (
                "it names no version that has leaked"
              )}
            </>
          }
          hint="Without this, the leaked version stays in the Swarm until a deploy with the new name was seen, or you confirm it afterwards."
        />
      )}
    </>
  );
}

import { CheckField } from "#components/check-field.tsx";
import { Disclosure } from "#components/disclosure.tsx";
import { Field } from "#components/field.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { isAsked } from "#lib/rotation/schema.ts";
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
        options={[
          ...(secret.binding
            ? [
                {
                  value: "source",
                  label: `Read it at ${secret.binding.sourceName}`,
                  hint: `${secret.binding.newestId ? `Version ${shownVersionId(secret.binding.newestId)} of ${secret.binding.path}.` : `What is at ${secret.binding.path} now.`}${isEmergency ? " Only once it was changed there." : ""}`,
                },
              ]
            : []),
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
        ]}
      />
      {isEmergency && <LeakedValueField fields={fields} error={problems[`oldStaysValid:${secret.id}`]} />}
      {isFromElsewhere && !isEmergency && (
        <OldValueField
          label={question}
          secret={secret}
          fields={fields}
          error={problems[`oldStaysValid:${secret.id}`]}
        />
      )}
      {!isFromElsewhere && (
        <Disclosure title="How it is made" now={madeText(fields)} isOpen={hasProblem(problems, /^generator/)}>
          <GeneratorFields fields={fields} problems={problems} />
          <p className="text-[12px] text-soft">Kept with the secret: the next click makes the same kind.</p>
        </Disclosure>
      )}
      <MoveFields secrets={[secret]} fields={fields} plan={plan} problems={problems} isEmergency={isEmergency}>
        {!isFromElsewhere && !isEmergency && <OldValueSelect label={question} secret={secret} fields={fields} />}
      </MoveFields>
    </>
  );
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

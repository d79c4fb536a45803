import { CheckField } from "#components/check-field.tsx";
import { CodeBlock } from "#components/code-block.tsx";
import { Sentence } from "#components/mono.tsx";
import { SelectField } from "#components/select-field.tsx";
import type { SecretView, VersionView } from "#lib/inventory/schema.ts";
import { type Fields, textOf } from "../../plan/fields.ts";
import { keepLeft } from "../../plan/keep-left.ts";
import type { OptionsProps } from "./verb.ts";

export function RetireOptions({ secret, fields, problems }: OptionsProps) {
  const there = secret.versions.filter(({ state }) => state === "previous" || state === "abandoned");
  return (
    <>
      <SelectField
        label="What"
        name="versionId"
        error={problems.versionId}
        defaultValue={textOf(fields, "versionId")}
        options={[
          { value: "", label: "The whole secret, with all its versions" },
          ...there.map(({ versionId, objectName }) => ({ value: versionId ?? "", label: `Only ${objectName}` })),
        ]}
      />
      <CheckField
        name="isStackConfirmed"
        value="true"
        defaultChecked={textOf(fields, "isStackConfirmed") !== ""}
        label="No stack that is still deployed names it"
        hint="A stack that does would fail at its next deploy, or bring the old value back."
      />
    </>
  );
}

/** The line that a stack file still has, an override to copy instead, and the person's word that it is changed. */
export function StackLineOptions({ secret, fields }: OptionsProps) {
  const version = secret.versions.find(({ versionId }) => versionId === textOf(fields, "versionId"));
  if (!version) return <p>This version is no longer there. Nothing has to be confirmed.</p>;
  const stacks = version.stacks.map(({ stack }) => stack).join(", ");
  return (
    <>
      <input type="hidden" name="versionId" value={textOf(fields, "versionId")} />
      {version.stacks.map(({ stack, sentence, copy }) => (
        <div key={stack} className="grid gap-2">
          <p>
            <Sentence text={sentence} />
          </p>
          <CodeBlock title={copy.title} text={copy.text} />
        </div>
      ))}
      {version.stacks.length === 0 && <p>No stack is known to name {version.objectName} any more.</p>}
      <CheckField
        name="isStackConfirmed"
        value="true"
        defaultChecked={textOf(fields, "isStackConfirmed") !== ""}
        label={
          <>
            I changed the stack file{stacks && <> of {stacks}</>}: it names <code>{secret.currentObjectName}</code>, or
            it is never deployed again
          </>
        }
        hint="Skep cannot see the file. If it still names the old version, its next deploy stops half-way."
      />
      <WhenField version={version} fields={fields} />
    </>
  );
}

/** Confirming the line shortens no keep time, unless that is what somebody wants. */
function WhenField({ version, fields }: { version: VersionView; fields: Fields }) {
  if (version.retireAfter === null) return null;
  const left = String(keepLeft(version.retireAfter));
  return (
    <SelectField
      label="When it goes"
      name="keepSeconds"
      defaultValue={textOf(fields, "keepSeconds") === "0" ? "0" : left}
      options={[
        { value: left, label: "When its keep time is over" },
        { value: "0", label: "At once" },
      ]}
    />
  );
}

/** Its keep time goes on: to confirm a line is not to hurry. */
export function stackLineFields({ versions }: SecretView, fields: Fields): Fields {
  const version = versions.find(({ versionId }) => versionId === textOf(fields, "versionId"));
  const keepSeconds = version?.retireAfter && fields.keepSeconds !== "0" ? String(keepLeft(version.retireAfter)) : "0";
  return { ...fields, keepSeconds };
}

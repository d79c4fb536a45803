import { Ago } from "#components/ago.tsx";
import { Field, inputClass } from "#components/field.tsx";
import { Mono } from "#components/mono.tsx";
import type { SecretView } from "#lib/inventory/schema.ts";
import { AboutFields } from "../../plan/about-fields.tsx";
import { type Fields, listOf, textOf } from "../../plan/fields.ts";
import type { OptionsProps } from "./verb.ts";

/** What is proposed, to be corrected: which objects are versions of one secret, and which number each has. */
export function AdoptOptions({ secret, fields, problems }: OptionsProps) {
  const chosen = listOf(fields, "adopt");
  const longest = Math.max(0, ...(secret.proposal?.versions ?? []).map(({ objectName }) => objectName.length));
  return (
    <>
      <Field
        label="Name"
        name="name"
        maxLength={64}
        defaultValue={textOf(fields, "name")}
        error={problems.name}
        spellCheck={false}
        className="font-mono"
        hint={
          longest > 58
            ? "Shorter than in the Swarm, so that there is room for the version. The objects there keep their names."
            : "The next version is named after it; the objects in the Swarm keep their names."
        }
      />
      <fieldset className="grid gap-2">
        <legend className="mb-1 font-medium">Its versions</legend>
        <ul className="divide-y divide-line rounded-lg border border-line bg-panel">
          {secret.proposal?.versions.map(({ objectId, objectName, number, createdAt }) => {
            const problem = problems[`versions.${chosen.indexOf(objectId)}.number`];
            return (
              <li key={objectId} className="flex flex-wrap items-center gap-x-4 gap-y-1.5 px-3 py-2">
                <label className="flex min-w-0 flex-1 basis-56 items-start gap-2 max-md:min-h-8">
                  <input
                    type="checkbox"
                    name="adopt[]"
                    value={objectId}
                    defaultChecked={chosen.includes(objectId)}
                    className="mt-[3px] size-[14px] shrink-0 accent-honey"
                  />
                  <Mono>{objectName}</Mono>
                </label>
                <span className="text-soft">
                  <Ago at={createdAt} />
                </span>
                <label className="flex items-center gap-2">
                  <span className="text-soft">
                    Version <span className="sr-only">of {objectName}</span>
                  </span>
                  <input
                    name={`number:${objectId}`}
                    inputMode="numeric"
                    defaultValue={textOf(fields, `number:${objectId}`) || ("asked" in fields ? "" : number)}
                    aria-invalid={problem ? true : undefined}
                    className={`${inputClass} num !w-20`}
                  />
                </label>
                {problem && <p className="basis-full font-medium text-[12px] text-red">{problem}</p>}
              </li>
            );
          })}
        </ul>
        <p className="text-[12px] text-soft">
          Untick what is something else. The highest number that a service uses becomes the current version.
        </p>
      </fieldset>
      <AboutFields fields={fields} problems={problems} />
    </>
  );
}

/** As the names in the Swarm propose it, until somebody says otherwise. */
export function adoptFields({ proposal }: SecretView, fields: Fields): Fields {
  if (!proposal) return fields;
  if ("asked" in fields) return { ...fields, name: textOf(fields, "name"), adopt: listOf(fields, "adopt") };
  const numbers = proposal.versions.map(({ objectId, number }) => [`number:${objectId}`, String(number)]);
  return {
    name: proposal.name,
    adopt: proposal.versions.map(({ objectId }) => objectId),
    ...Object.fromEntries(numbers),
    ...fields,
  };
}

import { Field } from "#components/field.tsx";
import type { Plan } from "#lib/operations/schema.ts";
import { octal } from "#lib/words.ts";
import { type Fields, textOf } from "./fields.ts";
import type { Problems } from "./problems.ts";

/** Under which name, owner and mode a service reads a secret; what is left empty is as the plan found it for this service. */
export function GrantFields({
  fields,
  problems,
  suffix = "",
  at = "",
  usual,
}: {
  fields: Fields;
  problems: Problems;
  /** Sets the fields of one service apart from those of another. */
  suffix?: string;
  /** Where the schema says what is wrong with them. */
  at?: string;
  usual: { target: string; uid?: string; gid?: string; mode?: number };
}) {
  const field = (name: string) => ({
    name: `${name}${suffix}`,
    defaultValue: textOf(fields, `${name}${suffix}`),
    error: problems[`${at}${name}`],
    className: "font-mono",
  });
  const mode = usual.mode === undefined ? "0400 or 0444" : octal(usual.mode);
  return (
    <div className="grid grid-cols-3 gap-x-4 gap-y-3 md:grid-cols-[2fr_1fr_1fr_1fr]">
      <div className="max-md:col-span-3">
        <Field label="File" placeholder={usual.target} spellCheck={false} {...field("target")} />
      </div>
      <Field label="User" inputMode="numeric" placeholder={usual.uid ?? "by the service"} {...field("uid")} />
      <Field label="Group" inputMode="numeric" placeholder={usual.gid ?? "by the service"} {...field("gid")} />
      <Field label="Mode" inputMode="numeric" placeholder={mode} {...field("mode")} />
    </div>
  );
}

/** What a plan grants to a service, to show what an empty field means. */
export function grantedIn(plan: Plan | null, serviceId: string) {
  const change = plan?.changes.find((each) => each.serviceId === serviceId);
  return change?.edits.find((edit) => edit.edit === "add");
}

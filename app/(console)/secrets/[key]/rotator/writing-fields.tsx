"use client";

import { useEffect, useState } from "react";
import { RadioField } from "#components/radio-field.tsx";
import { TextAreaField } from "#components/text-area-field.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import { example } from "./actions.ts";
import type { Choice } from "./choices.ts";

type Props = {
  secretId: string;
  presets: Choice["presets"];
  hasLogins: boolean;
  /** What the form gave back. */
  entered: Record<string, string>;
  error: string | undefined;
};

/** How the secret is written: one of the usual ways, or one's own; each with what it makes of made-up values. None is proposed. */
export function WritingFields({ secretId, presets, hasLogins, entered, error }: Props) {
  // A form sends each line ending as two characters.
  const [writing, setWriting] = useState(entered.writing?.replaceAll("\r\n", "\n"));
  const [template, setTemplate] = useState(entered.template ?? presets[0]?.template ?? "");
  const isOwn = writing === own;
  return (
    <>
      <div onChange={({ target }) => setWriting((target as HTMLInputElement).value)}>
        <RadioField
          label="How is the secret written?"
          name="writing"
          defaultValue={writing}
          error={isOwn ? undefined : error}
          options={[
            ...presets.map((preset) => ({
              value: preset.template,
              label: preset.title,
              hint: <code>{preset.example.trimEnd()}</code>,
            })),
            { value: own, label: "My own template", hint: "With whatever else stands in it." },
          ]}
        />
      </div>
      {isOwn && <OwnTemplate {...{ secretId, template, setTemplate, hasLogins, error }} />}
    </>
  );
}

const own = "own";

type OwnProps = Pick<Props, "secretId" | "hasLogins" | "error"> & {
  template: string;
  setTemplate: (template: string) => void;
};

function OwnTemplate({ secretId, template, setTemplate, hasLogins, error }: OwnProps) {
  const shown = useExample(secretId, template);
  const fields = hasLogins ? "{{user}} and {{password}}" : "{{password}}";
  return (
    <div className="grid gap-2">
      <TextAreaField
        label="Template"
        name="template"
        value={template}
        onChange={(event) => setTemplate(event.currentTarget.value)}
        hint={`Of ${fields}, as they are, or {{password | url}}, | json, | base64, | pgpass. Write no secret into it: it is kept and shown.`}
        error={shown.problem ?? error}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        className="font-mono"
      />
      {shown.text && (
        <div>
          <p className="text-[12px] text-soft">With made-up values it makes</p>
          <pre className="whitespace-pre-wrap rounded-lg bg-sunk px-3 py-2 font-mono [overflow-wrap:anywhere]">
            {shown.text}
          </pre>
        </div>
      )}
    </div>
  );
}

type Shown = { text: string | null; problem: string | null };

/** Asked a moment after the last key. An answer that comes late, for what stood there before, is left unread. */
function useExample(secretId: string, template: string): Shown {
  const [shown, setShown] = useState<Shown>({ text: null, problem: null });
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(async () => {
      const form = new FormData();
      for (const [name, text] of Object.entries({ secretId, template })) form.set(name, text);
      const answer = await example(idleForm, form).catch((): FormState<string> => idleForm);
      const { result, fieldErrors, formError } = answer;
      if (!isOld) setShown({ text: result ?? null, problem: fieldErrors.template ?? formError });
    }, 250);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [secretId, template]);
  return shown;
}

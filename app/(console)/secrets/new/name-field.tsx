"use client";

import { useEffect, useState } from "react";
import { Field } from "#components/field.tsx";
import { checkName } from "./actions.ts";

/** The name, checked as it is typed: Docker's own rule, and whether it is free whatever its case. */
export function NameField({ defaultValue, error }: { defaultValue: string; error: string | undefined }) {
  const [name, setName] = useState(defaultValue);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    if (name === "") return setProblem(null);
    let isOld = false;
    const timer = setTimeout(async () => {
      const found = await checkName(name).catch(() => null);
      if (!isOld) setProblem(found);
    }, 250);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [name]);
  return (
    <Field
      label="Name"
      name="name"
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      defaultValue={defaultValue}
      onInput={({ currentTarget }) => setName(currentTarget.value)}
      error={problem ?? (name === defaultValue ? error : undefined)}
      hint="Up to 58 characters; Skep adds the version: db_password becomes db_password_v1."
      className="font-mono"
    />
  );
}

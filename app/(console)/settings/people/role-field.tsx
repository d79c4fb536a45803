"use client";

import { SelectField } from "#components/select-field.tsx";
import { roleSentences } from "#lib/auth/schema.ts";
import { roles } from "#lib/policy/schema.ts";

export function RoleField({ role, error }: { role: string; error?: string | undefined }) {
  const options = roles.map((value) => ({ value, label: value, hint: roleSentences[value] }));
  return <SelectField label="Role" name="role" options={options} defaultValue={role} error={error} />;
}

/** What an action's page has in its address: one text or several per name. */
export type Fields = Record<string, string | string[]>;

/** The address as the schemas of the verbs read it: `include[]` is the list `include`. */
export function fieldsOf(query: Record<string, string | string[] | undefined>): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    if (name.endsWith("[]")) fields[name.slice(0, -2)] = typeof value === "string" ? [value] : value;
    else fields[name] = typeof value === "string" ? value : (value[0] ?? "");
  }
  return fields;
}

/** The same for the form that sends them: lists under `name[]`, so that a list of one stays a list. */
export function hiddenOf(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [Array.isArray(value) ? `${name}[]` : name, value]),
  );
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

export function listOf(fields: Fields, name: string): string[] {
  const value = fields[name];
  return Array.isArray(value) ? value : value ? [value] : [];
}

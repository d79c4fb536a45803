type Server = { name: string; needs: string[] };

/** Real servers on which the contract of sources can be tried, and the settings that lead to each. */
const servers: Server[] = [
  { name: "Vault", needs: ["VAULT_ADDR", "VAULT_TOKEN"] },
  { name: "AWS Secrets Manager", needs: ["AWS_ENDPOINT_URL"] },
];

/** Which of them are tried, and a line for each that says so, or what is missing. */
export function sourceServers(settings: Record<string, string | undefined>): { isAny: boolean; lines: string[] } {
  const missing = servers.map(({ needs }) => needs.filter((name) => !settings[name]));
  const lines = servers.map(({ name }, index) => {
    const names = missing[index] ?? [];
    return names.length === 0 ? `${name}: is tried` : `${name}: is not tried; set ${names.join(" and ")}`;
  });
  return { isAny: missing.some((names) => names.length === 0), lines };
}

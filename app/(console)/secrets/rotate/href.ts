/** Where these secrets get new values: one has its own page, several have one together. */
export function rotationHref(secrets: readonly { secretId: string }[]): string {
  const [first, ...others] = secrets;
  if (first && others.length === 0) return `/secrets/${first.secretId}/rotate`;
  return `/secrets/rotate?${new URLSearchParams(secrets.map(({ secretId }) => ["secret[]", secretId]))}`;
}

import "server-only";

/** A date as HTTP writes it today (RFC 9110, 5.6.7); null for anything else, which JavaScript would guess at. */
export function dateOf(header: string | undefined): Date | null {
  const isDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header ?? "");
  const date = new Date(isDate ? (header ?? "") : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** As HTTP writes it, or as ISO 8601 does: a day, or a time of one. */
export function isDate(text: string): boolean {
  const isIso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text);
  return isIso || dateOf(text) !== null;
}

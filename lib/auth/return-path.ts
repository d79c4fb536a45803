import "server-only";

/** Where to go after signing in: a path of this console, or its front page. Never another site, and never back to the sign-in. */
export function safeReturnPath(text: unknown): string {
  if (typeof text !== "string" || !/^\/(?![/\\])/.test(text) || hasControlCharacter(text)) return "/";
  const base = "http://skep.invalid";
  const url = URL.parse(text, base);
  if (!url || url.origin !== base || url.pathname.startsWith("//")) return "/";
  if (/^\/(sign-in|set-up|join|api|_next)(\/|$)/.test(url.pathname)) return "/";
  url.searchParams.delete("_rsc");
  return `${url.pathname}${url.search}${url.hash}`;
}

export function signInPath(returnTo: string): string {
  const path = safeReturnPath(returnTo);
  return path === "/" ? "/sign-in" : `/sign-in?returnTo=${encodeURIComponent(path)}`;
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => (character.codePointAt(0) ?? 0) < 0x20 || character === "\u007f");
}

"use client";

import { RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { ButtonLink } from "#components/button.tsx";
import { Kbd } from "#components/kbd.tsx";
import { useShortcut } from "#components/shortcuts/use-shortcut.ts";
import { mostSecrets } from "#lib/rotation/schema.ts";
import { counted } from "#lib/words.ts";
import { rotationHref } from "./href.ts";

/** To the plan for what was selected: one alone has its own page. */
export function RotateSelected({ secretIds }: { secretIds: readonly string[] }) {
  const router = useRouter();
  const href = rotationHref(secretIds.map((secretId) => ({ secretId })));
  const isTooMany = secretIds.length > mostSecrets;
  useShortcut("r", () => isTooMany || router.push(href));
  if (isTooMany) return <span className="text-honey">At most {mostSecrets} are rotated at once.</span>;
  return (
    <ButtonLink href={href} isPrimary icon={<RotateCw />}>
      Rotate <span className="sr-only">{counted(secretIds.length, "secret")}</span> <Kbd>R</Kbd>
    </ButtonLink>
  );
}

/** To the plan for all that the services of a stack hold, once the list shows one. */
export function RotateStack({ stack }: { stack: string }) {
  if (stack === "") return null;
  return (
    <ButtonLink href={`/secrets/rotate?stack=${encodeURIComponent(stack)}`} icon={<RotateCw />}>
      Rotate the stack
    </ButtonLink>
  );
}

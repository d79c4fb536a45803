import { useRouter } from "next/navigation";
import { useEffect, useRef, useTransition } from "react";

/** Texts are looked for a moment after the last key. */
const pauseMilliseconds = 300;

/** Writes what the form holds into the address; pages further back begin anew. */
export function useAddress(path: string) {
  const form = useRef<HTMLFormElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const router = useRouter();
  const [isPending, start] = useTransition();
  useEffect(() => () => clearTimeout(timer.current), []);
  const apply = () => {
    clearTimeout(timer.current);
    if (!form.current) return;
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form.current))
      if (typeof value === "string" && value) query.append(name, value);
    start(() => router.replace(`${path}?${query}`, { scroll: false }));
  };
  const applySoon = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(apply, pauseMilliseconds);
  };
  const clear = () => {
    for (const field of form.current?.elements ?? []) {
      if (field instanceof HTMLSelectElement) field.value = "";
      if (!(field instanceof HTMLInputElement) || !field.name) continue;
      if (field.type === "checkbox") field.checked = false;
      else field.value = "";
    }
    apply();
  };
  return { form, apply, applySoon, clear, isPending };
}

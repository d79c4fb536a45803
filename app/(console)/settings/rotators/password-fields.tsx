import { type ChangeEvent, useEffect, useRef, useState } from "react";
import type { Generator } from "#lib/generate/schema.ts";
import { type Fields, generatorFields, textOf } from "../../secrets/plan/fields.ts";
import { GeneratorFields } from "../../secrets/plan/generator-fields.tsx";
import type { Problems } from "../../secrets/plan/problems.ts";

/** How its passwords are made. The fields go by what was chosen, which no address of this page keeps. */
export function PasswordFields({ generator, problems }: { generator: Generator; problems: Problems }) {
  const [fields, setFields] = useState<Fields>(() => generatorFields(generator));
  const box = useRef<HTMLDivElement>(null);
  const make = textOf(fields, "make");
  const shown = useRef(make);
  // Another kind brings another list of its own; who chose it by keys stays in it.
  useEffect(() => {
    if (shown.current !== make) box.current?.querySelector("select")?.focus();
    shown.current = make;
  }, [make]);
  const follow = ({ target }: ChangeEvent<HTMLInputElement | HTMLSelectElement>) => {
    const isUnticked = target instanceof HTMLInputElement && target.type === "checkbox" && !target.checked;
    setFields((before) => ({ ...before, [target.name]: isUnticked ? "" : target.value }));
  };
  return (
    <div ref={box} onChange={(event) => follow(event as unknown as ChangeEvent<HTMLInputElement | HTMLSelectElement>)}>
      <GeneratorFields fields={fields} problems={problems} label="Passwords are made as" />
    </div>
  );
}

"use client";

import { useState } from "react";
import { Button } from "#components/button.tsx";
import { TextAreaField } from "#components/text-area-field.tsx";

/** For a source that has no list of what is there. */
export function TypedPaths({ add }: { add: (paths: readonly string[]) => void }) {
  const [text, setText] = useState("");
  const paths = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return (
    <div className="grid justify-items-start gap-2 p-4 [&>:first-child]:w-full">
      <TextAreaField
        label="Paths"
        name="paths"
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        hint="What is appended to the address, one a line: shop/db/password."
        rows={5}
        autoComplete="off"
        spellCheck={false}
        className="font-mono"
      />
      <Button
        disabled={paths.length === 0}
        onClick={() => {
          add(paths);
          setText("");
        }}
      >
        Add to the list
      </Button>
    </div>
  );
}

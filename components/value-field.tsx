"use client";

import { Eye, FileUp } from "lucide-react";
import { type ReactNode, type RefObject, useEffect, useId, useRef, useState } from "react";
import { Button } from "./button.tsx";
import { inputClass } from "./field.tsx";
import { afterPaste, breakAtEnd, type LineEnds, lineEndsOf, spacesAt, withLineEnds } from "./line-ends.ts";

/** Swarm's own limit; more is refused here, before it is sent. */
const maximumBytes = 511_999;

type Facts = {
  bytes: number;
  breakBytes: 0 | 1 | 2;
  spaces: string | null;
  from: string | null;
  ends: LineEnds;
  isEndsChanged: boolean;
};
const nothing: Facts = { bytes: 0, breakBytes: 0, spaces: null, from: null, ends: "none", isEndsChanged: false };

/**
 * Where a value is entered and never shown again. It travels as a file part, byte for byte: what is typed has no name
 * of its own in the form, line ends stay as they came, and React knows only how long it is.
 */
export function ValueField({
  label = "New value",
  name = "value",
  error,
}: {
  label?: ReactNode;
  name?: string;
  error?: string | undefined;
}) {
  const id = useId();
  const text = useRef<HTMLTextAreaElement>(null);
  const { part, facts, take, takeFile, typed, pasted, toNewlines, removeBreak } = useValue(text);
  const [isShown, setShown] = useState(false);
  const [isRefused, setRefused] = useState(false);
  const refusal = isRefused ? problemOf(facts) : null;
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <input ref={part} type="file" name={name} hidden tabIndex={-1} aria-hidden="true" />
      <textarea
        ref={text}
        id={id}
        rows={3}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-invalid={error || refusal ? true : undefined}
        aria-describedby={`${id}-facts`}
        placeholder={
          facts.from
            ? `from ${facts.from}; typing replaces it`
            : "Type or paste. It is shown to nobody afterwards, you included."
        }
        className={`${inputClass} font-mono ${isShown ? "" : "[-webkit-text-security:disc]"}`}
        onInput={(event) => {
          setRefused(false);
          typed(event.currentTarget.value);
        }}
        onInvalid={(event) => {
          // In our own words and place, instead of a bubble that goes away.
          event.preventDefault();
          event.currentTarget.focus();
          setRefused(true);
        }}
        onPaste={(event) => {
          const clip = event.clipboardData.getData("text/plain");
          const { selectionStart, selectionEnd, value } = event.currentTarget;
          const isWhole = selectionEnd - selectionStart === value.length;
          if (!isWhole) return pasted(value.slice(0, selectionStart) + value.slice(selectionEnd), clip);
          // The text area turns CRLF into LF; a text that is pasted whole stays as it is.
          setTimeout(() => take(clip, lineEndsOf(clip)));
        }}
      />
      <div className="flex flex-wrap items-center gap-2">
        <FileButton onChoose={takeFile} />
        <Button
          icon={<Eye />}
          onPointerDown={() => setShown(true)}
          onPointerUp={() => setShown(false)}
          onPointerLeave={() => setShown(false)}
          onKeyDown={({ key }) => key === " " && setShown(true)}
          onKeyUp={() => setShown(false)}
          onBlur={() => setShown(false)}
        >
          Hold to see
        </Button>
        <span id={`${id}-facts`} className="num text-soft">
          {facts.bytes.toLocaleString("en")} of 511,999 bytes
          {facts.from && `, from ${facts.from}`}
        </span>
      </div>
      <Remarks error={refusal ?? error} facts={facts} onRemoveBreak={removeBreak} onUseNewlines={toNewlines} />
    </div>
  );
}

/** The value's way from the keyboard, the clipboard or a file into the part that is sent. */
function useValue(text: RefObject<HTMLTextAreaElement | null>) {
  const part = useRef<HTMLInputElement>(null);
  const ends = useRef<LineEnds>("none");
  const turn = useRef(0);
  const [facts, setFacts] = useState<Facts>(nothing);

  const keep = async (file: File, about: Pick<Facts, "from" | "ends" | "isEndsChanged">) => {
    const transfer = new DataTransfer();
    if (file.size > 0 && file.size <= maximumBytes) transfer.items.add(file);
    if (part.current) part.current.files = transfer.files;
    ends.current = about.ends;
    turn.current += 1;
    const mine = turn.current;
    const seen = { ...about, bytes: file.size };
    setFacts(({ breakBytes, spaces }) => ({ ...seen, breakBytes, spaces }));
    const [first, lastTwo] = await Promise.all([file.slice(0, 1), file.slice(-2)].map(bytesOf));
    if (mine !== turn.current || !first || !lastTwo) return;
    setFacts({ ...seen, breakBytes: breakAtEnd(lastTwo), spaces: spacesAt(first, lastTwo) });
  };
  const take = (exact: string, given: LineEnds, isEndsChanged = false) =>
    keep(new File([exact], "value"), { from: null, ends: exact === "" ? "none" : given, isEndsChanged });
  const typed = (value: string) => {
    const isMixed = ends.current === "mixed" && value !== "";
    const present = ends.current === "crlf" || ends.current === "lf" ? ends.current : lineEndsOf(value);
    const isStill = facts.isEndsChanged && value !== "";
    return take(withLineEnds(value, present), present, isMixed || isStill);
  };
  const pasted = (rest: string, clip: string) => {
    const present = rest.includes("\n") ? ends.current : "none";
    const { ends: next, isChanged } = afterPaste(present, lineEndsOf(clip));
    ends.current = next;
    setTimeout(() => text.current && take(withLineEnds(text.current.value, next), next, isChanged));
  };
  const takeFile = (file: File | undefined) => {
    if (!file) return;
    if (text.current) text.current.value = "";
    keep(new File([file], "value"), { from: file.name, ends: "none", isEndsChanged: false });
  };
  const toNewlines = () => text.current && take(text.current.value, "lf");
  const removeBreak = () => {
    const file = part.current?.files?.[0];
    if (!file) return;
    if (text.current) text.current.value = text.current.value.replace(/\n$/, "");
    keep(new File([file.slice(0, file.size - facts.breakBytes)], "value"), facts);
  };

  useEffect(() => text.current?.setCustomValidity(problemOf(facts) ?? ""), [facts, text]);
  useEffect(() => {
    const form = text.current?.form;
    const clear = () => {
      ends.current = "none";
      turn.current += 1;
      setFacts(nothing);
    };
    form?.addEventListener("reset", clear);
    return () => form?.removeEventListener("reset", clear);
  }, [text]);
  return { part, facts, take, takeFile, typed, pasted, toNewlines, removeBreak };
}

function FileButton({ onChoose }: { onChoose: (file: File | undefined) => void }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="Choose a file with the value"
        onChange={({ currentTarget }) => {
          onChoose(currentTarget.files?.[0]);
          currentTarget.value = "";
        }}
      />
      <Button icon={<FileUp />} onClick={() => picker.current?.click()}>
        Choose a file
      </Button>
    </>
  );
}

function Remarks({
  error,
  facts,
  onRemoveBreak,
  onUseNewlines,
}: {
  error: string | undefined;
  facts: Facts;
  onRemoveBreak: () => void;
  onUseNewlines: () => void;
}) {
  const problem = facts.bytes > maximumBytes ? problemOf(facts) : (error ?? null);
  return (
    <div aria-live="polite" className="grid gap-1 text-[12px] empty:hidden">
      {problem && <p className="font-medium text-red">{problem}</p>}
      {facts.breakBytes > 0 && (
        <Remark tone="text-honey" button="Remove the line break" onPress={onRemoveBreak}>
          It ends with a line break, which most programs would take as part of a password.
        </Remark>
      )}
      {facts.spaces && <p className="text-honey">It {facts.spaces}, which is part of the value.</p>}
      {facts.ends === "crlf" && (
        <Remark tone="text-soft" button="Use LF instead" onPress={onUseNewlines}>
          Its lines end with CRLF, as they came; lines that you type end the same way.
        </Remark>
      )}
      {facts.ends === "mixed" && (
        <p className="text-soft">Its line ends are mixed, and stay as they came until you type.</p>
      )}
      {facts.isEndsChanged && (
        <p className="text-honey">
          Not all line ends were the same: they are all {facts.ends === "crlf" ? "CRLF" : "LF"} now. To keep them byte
          for byte, choose the value as a file.
        </p>
      )}
    </div>
  );
}

function Remark(props: { tone: string; button: string; onPress: () => void; children: ReactNode }) {
  return (
    <p className={`flex flex-wrap items-center gap-x-2 gap-y-1 ${props.tone}`}>
      <span>{props.children}</span>
      <button type="button" onClick={props.onPress} className="font-medium text-ink underline underline-offset-2">
        {props.button}
      </button>
    </p>
  );
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

function problemOf({ bytes }: Facts): string | null {
  if (bytes === 0) return "Enter the value, or choose a file.";
  if (bytes > maximumBytes) return "This is over 511,999 bytes, the most that a Swarm secret holds. Nothing was sent.";
  return null;
}

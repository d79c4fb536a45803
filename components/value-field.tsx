"use client";

import { Eye, FileUp } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { Button } from "./button.tsx";
import { inputClass } from "./field.tsx";

/** Swarm's own limit; more is refused here, before it is sent. */
const maximumBytes = 511_999;

type Facts = { bytes: number; endsWithNewline: boolean; from: string | null };
const nothing: Facts = { bytes: 0, endsWithNewline: false, from: null };

/**
 * Where a value is entered and never shown again. It travels as the file part `value`, byte for byte: what is typed has
 * no name of its own in the form, a text that was pasted keeps its line ends, and React knows only how long it is.
 */
export function ValueField({ label = "New value", error }: { label?: string; error?: string | undefined }) {
  const id = useId();
  const part = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const [facts, setFacts] = useState<Facts>(nothing);
  const [isShown, setShown] = useState(false);
  const [isRefused, setRefused] = useState(false);
  const problem = problemOf(facts);

  const keep = (file: File | null, next: Facts) => {
    const transfer = new DataTransfer();
    if (file && next.bytes <= maximumBytes) transfer.items.add(file);
    if (part.current) part.current.files = transfer.files;
    setRefused(false);
    setFacts(next);
  };
  const take = (typed: string) => {
    const bytes = new TextEncoder().encode(typed);
    keep(new File([bytes], "value"), { bytes: bytes.length, endsWithNewline: /[\r\n]$/.test(typed), from: null });
  };
  const takeFile = async (file: File | undefined) => {
    if (!file) return;
    if (text.current) text.current.value = "";
    const end = new Uint8Array(await file.slice(-1).arrayBuffer())[0];
    keep(new File([file], "value"), { bytes: file.size, endsWithNewline: end === 10, from: file.name });
  };

  useEffect(() => text.current?.setCustomValidity(problem ?? ""), [problem]);
  useEffect(() => {
    const form = text.current?.form;
    const clear = () => setFacts(nothing);
    form?.addEventListener("reset", clear);
    return () => form?.removeEventListener("reset", clear);
  }, []);

  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <input ref={part} type="file" name="value" hidden tabIndex={-1} aria-hidden="true" />
      <textarea
        ref={text}
        id={id}
        rows={3}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-invalid={error || isRefused ? true : undefined}
        aria-describedby={`${id}-facts`}
        placeholder={
          facts.from ? `from ${facts.from}` : "Type or paste. It is shown to nobody afterwards, you included."
        }
        className={`${inputClass} font-mono ${isShown ? "" : "[-webkit-text-security:disc]"}`}
        onInvalid={(event) => {
          // In our own words and place, instead of a bubble that goes away.
          event.preventDefault();
          event.currentTarget.focus();
          setRefused(true);
        }}
        onInput={(event) => take(event.currentTarget.value)}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData("text/plain");
          const { selectionStart, selectionEnd, value } = event.currentTarget;
          if (selectionEnd - selectionStart < value.length) return;
          // The text area turns CRLF into LF; a text that is pasted whole stays as it is.
          queueMicrotask(() => setTimeout(() => take(pasted)));
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
      <Remarks problem={isRefused || facts.bytes > maximumBytes ? problem : (error ?? null)} facts={facts} />
    </div>
  );
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

function Remarks({ problem, facts }: { problem: string | null; facts: Facts }) {
  return (
    <div aria-live="polite" className="grid gap-1 text-[12px] empty:hidden">
      {problem && <p className="font-medium text-red">{problem}</p>}
      {facts.endsWithNewline && (
        <p className="text-honey">It ends with a line break, which most programs would take as part of a password.</p>
      )}
    </div>
  );
}

function problemOf({ bytes }: Facts): string | null {
  if (bytes === 0) return "Enter the value, or choose a file.";
  if (bytes > maximumBytes) return "This is over 511,999 bytes, the most that a Swarm secret holds. Nothing was sent.";
  return null;
}

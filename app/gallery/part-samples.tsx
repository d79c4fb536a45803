"use client";

import { Info, Plus, RotateCw, Trash2, TriangleAlert } from "lucide-react";
import { Ago } from "#components/ago.tsx";
import { Bar } from "#components/bar.tsx";
import { Button, ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { ClockTime } from "#components/clock-time.tsx";
import { CodeBlock } from "#components/code-block.tsx";
import { CopyField } from "#components/copy-field.tsx";
import { Dialog } from "#components/dialog.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { Kbd } from "#components/kbd.tsx";
import { KeyValues } from "#components/key-values.tsx";
import { Mode, Mono } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { Section } from "#components/section.tsx";
import { Tag } from "#components/tag.tsx";

const at = "2026-02-03T12:03:41Z";
const tones = ["green", "honey", "red", "blue", "neutral"] as const;

export function PartSamples() {
  return (
    <>
      <Buttons />
      <div className="grid gap-5 md:grid-cols-2">
        <Card>
          <CardHeader title="A card">3 services, 11 tasks</CardHeader>
          <KeyValues
            items={[
              { term: "Name", value: <Mono>{"a_long_name_".repeat(5)}</Mono> },
              { term: "Mode", value: <Mode mode={0o444} /> },
              { term: "Made", value: <Ago at={at} /> },
              { term: "At", value: <ClockTime at={at} /> },
              { term: "Tags", value: <Tag>postgres</Tag> },
              { term: "Key", value: <Kbd>N</Kbd> },
            ]}
          />
        </Card>
        <Section title="Progress" sentence="How much of a whole there is.">
          <div className="grid gap-3 p-4">
            {tones.map((tone, place) => (
              <Bar key={tone} tone={tone} value={5 - place} of={5} label={`${5 - place} of 5 tasks`} />
            ))}
            <Bar value={0} of={0} label="no task" />
          </div>
        </Section>
      </div>
      <div className="grid gap-2">
        {tones.map((tone) => (
          <Notice key={tone} tone={tone} icon={tone === "red" ? <TriangleAlert /> : <Info />}>
            <b className="font-semibold">A {tone} notice.</b> One sentence, and what to do next.
          </Notice>
        ))}
      </div>
      <Card>
        <EmptyState title="No secret yet" sentence="Make the first one: its value goes to the Swarm and nowhere else.">
          <ButtonLink href="#" isPrimary>
            New secret
          </ButtonLink>
        </EmptyState>
      </Card>
      <CodeBlock
        title="Use it in a stack"
        text={"secrets:\n  db_password:\n    external: true\n    name: db_password_v7"}
      />
      <CopyField label="A link, shown once" text="https://skep.example.org/join/sample" />
    </>
  );
}

function Buttons() {
  return (
    <Section title="Buttons" sentence="The button names the effect.">
      <div className="flex flex-wrap gap-2 p-4">
        <Button>Cancel</Button>
        <Button icon={<RotateCw />}>Roll back</Button>
        <Button isPrimary icon={<RotateCw />}>
          Rotate 2 services
        </Button>
        <Button isDanger icon={<Trash2 />}>
          Retire
        </Button>
        <Button isPrimary isDanger>
          Retire 3 versions
        </Button>
        <Button isPrimary isPending>
          Rotating
        </Button>
        <Button disabled>Refused</Button>
        <ButtonLink href="#" icon={<Plus />}>
          A link
        </ButtonLink>
        <Dialog
          trigger="Open a dialog"
          title="Stop after this service?"
          sentence="The present one is watched to its end."
        >
          <div className="flex justify-end gap-2 p-4">
            <Button isDanger>Stop</Button>
          </div>
        </Dialog>
      </div>
    </Section>
  );
}

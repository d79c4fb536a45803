import type { Metadata } from "next";
import { PageHeader } from "#components/page-header.tsx";
import { Section } from "#components/section.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { readAutomation } from "#lib/settings/automation.ts";
import { readDefaults } from "#lib/settings/defaults.ts";
import { AutomationForm } from "./automation-form.tsx";
import { DefaultsForm } from "./defaults-form.tsx";

export const metadata: Metadata = { title: "Defaults and automation" };

export default async function DefaultsPage() {
  const actor = await requireActor();
  const [defaults, automation] = await Promise.all([readDefaults(), readAutomation()]);
  return (
    <>
      <PageHeader title={automation.isPaused ? "Automatic work is paused" : "Automatic work goes on by itself"} />
      <Section
        title="Automatic work"
        sentence="Removals whose keep time is over, and everything else that no person asked for just now."
      >
        <AutomationForm automation={automation} canPause={isAllowed(actor, "automation.pause", {})} />
      </Section>
      <Section title="Defaults" sentence="What new secrets begin with. Those that are there keep what they have.">
        <DefaultsForm defaults={defaults} canEdit={isAllowed(actor, "setting.edit", {})} />
      </Section>
    </>
  );
}

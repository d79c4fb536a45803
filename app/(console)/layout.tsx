import type { ReactNode } from "react";
import { AppShell } from "#components/shell/app-shell.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { frame } from "#lib/inventory/queries.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { PersonActivity } from "./person-activity.tsx";
import { refreshPage } from "./refresh-page.ts";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const actor = await requireActor();
  const { name, email, role } = actor;
  return (
    <AppShell
      frame={await frame(actor)}
      person={{ name, email, role }}
      mayCreate={isAllowed(actor, "secret.create", {})}
      refreshPage={refreshPage}
    >
      <PersonActivity />
      {children}
    </AppShell>
  );
}

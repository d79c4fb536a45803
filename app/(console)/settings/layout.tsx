import type { ReactNode } from "react";
import { requireActor } from "#lib/auth/require.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { SettingsTabs } from "./settings-tabs.tsx";

export default async function SettingsLayout({ children }: { children: ReactNode }) {
  const actor = await requireActor();
  return (
    <div className="max-w-4xl [&>section+section]:mt-6">
      <SettingsTabs hasPeople={isAllowed(actor, "person.read", {})} />
      {children}
    </div>
  );
}

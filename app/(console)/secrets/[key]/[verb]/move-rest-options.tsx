import { ServiceTicks } from "../../plan/move-fields.tsx";
import { OldValueField } from "../../plan/old-value-fields.tsx";
import type { OptionsProps } from "./verb.ts";

/** Which of the services that have an older version move, and what a failure may do. */
export function MoveRestOptions({ secret, fields, problems }: OptionsProps) {
  const behind = secret.grants.filter(({ version }) => version !== secret.currentVersion);
  return (
    <>
      {!secret.attachment?.mode && (
        <OldValueField
          label="While services move, does the value that they leave still work?"
          secret={secret}
          fields={fields}
          error={problems.oldStaysValid}
        />
      )}
      <ServiceTicks secrets={[{ ...secret, grants: behind }]} fields={fields} />
    </>
  );
}

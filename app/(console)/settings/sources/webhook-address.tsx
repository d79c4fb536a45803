import { useSyncExternalStore } from "react";
import { CopyButton } from "#components/copy-button.tsx";
import { Field } from "#components/field.tsx";

/** Where a source sends its webhooks. Only the browser knows the name under which Skep is reached. */
export function WebhookAddress({ path }: { path: string }) {
  const origin = useSyncExternalStore(
    () => () => undefined,
    () => window.location.origin,
    () => "",
  );
  const address = `${origin}${path}`;
  return (
    <div className="flex items-end gap-2">
      <div className="min-w-0 flex-1">
        <Field
          label="A webhook to this address has it asked at once, and not within a minute."
          value={address}
          readOnly
          onFocus={(event) => event.currentTarget.select()}
        />
      </div>
      <CopyButton text={address} />
    </div>
  );
}

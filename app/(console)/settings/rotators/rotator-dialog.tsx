"use client";

import { Dialog } from "#components/dialog.tsx";
import type { RotatorRow } from "#lib/rotators/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { RemoveForm } from "../outside/remove-form.tsx";
import { change, remove } from "./actions.ts";
import { RotatorForm } from "./rotator-form.tsx";

/** Everything that an administrator changes of a rotator. */
export function RotatorDialog({ rotator }: { rotator: RotatorRow }) {
  const { id, name, secrets } = rotator;
  const [is, it] = [agreeing(secrets.length, "is", "are"), agreeing(secrets.length, "it", "them")];
  return (
    <Dialog trigger="Change" triggerLabel={`Change ${rotator.name}`} title={rotator.name} sentence={rotator.text}>
      <div className="grid divide-y divide-line">
        <RotatorForm action={change} submit="Save" rotator={rotator} />
        <RemoveForm
          action={remove}
          idName="rotatorId"
          id={id}
          name={name}
          isUsed={secrets.length > 0}
          sentence={
            secrets.length > 0
              ? `${counted(secrets.length, "secret")} ${is} attached to it. Detach ${it} first.`
              : "Nothing is attached to it. Passwords that were set stay as they are."
          }
        />
      </div>
    </Dialog>
  );
}

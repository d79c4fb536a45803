import type { FormState } from "#lib/auth/schema.ts";
import { CheckField } from "../check-field.tsx";
import { ValueField } from "../value-field.tsx";

/** A value that a person is to enter, and the field that carries it; of one secret among several, with its ID. */
export type AskedValue = { field: string; secretId: string | null; name: string };

type State = Pick<FormState<unknown>, "fieldErrors" | "fields" | "lists">;

/** One write-only field for each; which is whose is said where there are several. */
export function AskedValues({ values, state }: { values: readonly AskedValue[]; state: State }) {
  return (
    <>
      {values.map(({ field, name, secretId }) => (
        <ValueField
          key={field}
          name={field}
          error={state.fieldErrors[field]}
          label={
            secretId === null ? (
              "New value"
            ) : (
              <>
                New value of <code>{name}</code>
              </>
            )
          }
        />
      ))}
      <SameValues values={values} state={state} />
    </>
  );
}

/** The Swarm says that nothing would change: mostly a slip, sometimes meant. */
function SameValues({ values, state }: { values: readonly AskedValue[]; state: State }) {
  const sentence = state.fieldErrors.isSameWanted;
  const wanted = state.lists.isSameWanted ?? [];
  if (!sentence && !state.fields.isSameWanted && wanted.length === 0) return null;
  return (
    <div role="alert" className="grid gap-2 rounded-lg border border-honey-line bg-honey-bg px-3.5 py-2.5">
      {sentence && <p className="font-medium text-honey">{sentence}</p>}
      {values.map(({ secretId, name, field }) =>
        secretId === null ? (
          <CheckField
            key={field}
            name="isSameWanted"
            value="true"
            defaultChecked={state.fields.isSameWanted === "true"}
            label="Rotate to the same value all the same"
            hint="Tasks restart with the value that they have. Tick this and enter the value once more."
          />
        ) : (
          <CheckField
            key={field}
            name="isSameWanted[]"
            value={secretId}
            defaultChecked={wanted.includes(secretId)}
            label={
              <>
                Rotate <code>{name}</code> to the same value all the same
              </>
            }
          />
        ),
      )}
    </div>
  );
}

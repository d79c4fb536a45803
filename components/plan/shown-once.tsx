import { ButtonLink } from "../button.tsx";
import { CopyField } from "../copy-field.tsx";

/** Generated values, in the one answer that shows them. */
export type MadeValues = { values: { secretName: string; text: string }[]; operationId: string };

/** The only time that anybody sees them. */
export function ShownOnce({ made: { values, operationId } }: { made: MadeValues }) {
  const isOne = values.length === 1;
  const [they, them] = isOne ? ["it is", "it"] : ["they are", "them"];
  return (
    <div className="grid gap-4 border-line border-t px-5 py-5">
      <p>
        The Swarm has the new {isOne ? "value" : "values"}.{" "}
        <b className="font-semibold">This is the only time that {they} shown.</b> Take {them} along now; afterwards
        nobody can see {them} again.
      </p>
      {values.map(({ secretName, text }) => (
        <CopyField
          key={secretName}
          text={text}
          label={
            <>
              New value of <code>{secretName}</code>
            </>
          }
        />
      ))}
      <div>
        <ButtonLink isPrimary href={`/operations/${operationId}`}>
          I have {them}; show the operation
        </ButtonLink>
      </div>
    </div>
  );
}

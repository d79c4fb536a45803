import { Card, CardHeader } from "#components/card.tsx";
import { KeyValues } from "#components/key-values.tsx";
import { Mono, Sentence } from "#components/mono.tsx";
import { modeName } from "#components/rotator-mode.tsx";
import type { AttachmentView, SecretView } from "#lib/inventory/schema.ts";
import { rotatorKindNames } from "#lib/rotators/schema.ts";
import { agreeing, someOf } from "#lib/words.ts";
import { PartButton } from "./part-button.tsx";
import { detach } from "./rotator/actions.ts";

type Props = { secret: SecretView; attachment: AttachmentView };

/** Where the secret's passwords are set, whose the present one is, and what changes with it. */
export function Attachment({ secret: { id }, attachment }: Props) {
  const { rotatorName, kind, template, can } = attachment;
  return (
    <Card>
      <CardHeader title="Rotator" />
      <KeyValues
        items={[
          { term: "Set at", value: <Mono>{rotatorName}</Mono> },
          { term: "Kind", value: rotatorKindNames[kind] },
          { term: "Logins", value: <Logins attachment={attachment} /> },
          { term: "Has now", value: <Login attachment={attachment} /> },
          {
            term: "Written as",
            value: <code className="whitespace-pre-wrap [overflow-wrap:anywhere]">{template.trimEnd()}</code>,
          },
        ]}
      />
      <div className="grid gap-3 border-line border-t p-[14px] empty:hidden">
        <Together attachment={attachment} />
        {id && can.includes("secret.detach") && (
          <div>
            <PartButton
              verb="Detach"
              sentence={`The secret keeps the value that it has, and ${rotatorName} the password. With a rotation of ${rotatorName}, this secret no longer changes.${outlived(attachment)}`}
              secretId={id}
              action={detach}
            />
          </div>
        )}
      </div>
    </Card>
  );
}

function Logins({ attachment: { mode } }: Pick<Props, "attachment">) {
  if (!mode) return <span className="text-soft">settings that Skep does not understand</span>;
  const { logins, keepsOld } = mode;
  if (logins.length < 2) return modeName({ logins: logins.length, keepsOld });
  return (
    <>
      <Mono>{logins[0]}</Mono> and <Mono>{logins[1]}</Mono> by turns
    </>
  );
}

function Login({ attachment: { login, mode } }: Pick<Props, "attachment">) {
  if (login !== null) return <Mono>{login}</Mono>;
  return <span className="text-soft">{mode?.logins.length === 0 ? "a value without login" : "not known"}</span>;
}

/** What becomes of its services when the others of the rotator get a new password. */
function outlived({ together, mode }: AttachmentView): string {
  if (together.length === 0) return "";
  return mode?.keepsOld
    ? " Its password stops working when its login is set anew."
    : " From the next one on, services that have it cannot sign in anew.";
}

/** One password, written in several ways, is one rotation. */
function Together({ attachment: { together, rotatorName } }: Pick<Props, "attachment">) {
  if (together.length === 0) return null;
  const names = together.map(({ name }) => name);
  const [is, all] = [agreeing(names.length, "is", "are"), agreeing(names.length, "both", "all")];
  return (
    <p className="text-soft">
      <Sentence
        text={`${someOf(names)} ${is} attached to ${rotatorName} as well: ${all} change together.`}
        names={[...names, rotatorName]}
      />
    </p>
  );
}

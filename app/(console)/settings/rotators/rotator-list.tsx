import { TriangleAlert } from "lucide-react";
import Link from "next/link";
import { Mono } from "#components/mono.tsx";
import { modeName } from "#components/rotator-mode.tsx";
import { Status } from "#components/status.tsx";
import { keepsOldValue, type RotatorRow, type RotatorSettings } from "#lib/rotators/schema.ts";
import { counted } from "#lib/words.ts";
import { OutsideEntry } from "../outside/entry.tsx";
import { CheckForm } from "./check-form.tsx";
import { RotatorDialog } from "./rotator-dialog.tsx";

export function RotatorList({ rotators, canEdit }: { rotators: RotatorRow[]; canEdit: boolean }) {
  return (
    <ul className="divide-y divide-line">
      {rotators.map((rotator) => (
        <OutsideEntry
          key={rotator.id}
          name={rotator.name}
          text={rotator.text}
          use={rotator.secrets.length === 0 ? "nothing attached" : counted(rotator.secrets.length, "secret")}
          state={<State settings={rotator.settings} />}
          change={canEdit && <RotatorDialog rotator={rotator} />}
        >
          <Secrets rotator={rotator} />
          {canEdit && rotator.settings && <CheckForm rotator={rotator} />}
          {!rotator.settings && (
            <p className="text-soft">
              The settings of {rotator.name} are not complete. An administrator enters them again.
            </p>
          )}
        </OutsideEntry>
      ))}
    </ul>
  );
}

function State({ settings }: { settings: RotatorSettings | null }) {
  if (!settings) {
    return (
      <Status tone="red" icon={<TriangleAlert />}>
        Not understood
      </Status>
    );
  }
  const { logins } = settings;
  return <span className="text-soft">{modeName({ logins: logins.length, keepsOld: keepsOldValue(settings) })}</span>;
}

/** All of them change together: which, and whose password they have now. */
function Secrets({ rotator: { secrets } }: { rotator: RotatorRow }) {
  if (secrets.length === 0) return null;
  const [login] = secrets.flatMap((secret) => secret.login ?? []);
  return (
    <p className="text-soft [overflow-wrap:anywhere]">
      {secrets.map(({ id, name }, place) => (
        <span key={id}>
          {place > 0 && ", "}
          <Link href={`/secrets/${id}`} className="underline decoration-line2 underline-offset-2 hover:text-ink">
            <Mono>{name}</Mono>
          </Link>
        </span>
      ))}
      {login !== undefined && (
        <>
          {" "}
          with the login <Mono>{login}</Mono>
        </>
      )}
    </p>
  );
}

import { Ago } from "#components/ago.tsx";
import type { SessionRow } from "#lib/auth/schema.ts";
import { browserName } from "./browser-name.ts";
import { EndSessionButton } from "./end-session-button.tsx";

/** Live sessions; one that is ended here is out at its next request. */
export function SessionList({ sessions, showsPerson = false }: { sessions: SessionRow[]; showsPerson?: boolean }) {
  return (
    <ul className="divide-y divide-line">
      {sessions.map((session) => (
        <li key={session.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
          <div className="min-w-0 flex-1 basis-60">
            <p className="truncate">
              {showsPerson && <span className="font-medium">{session.personName}, </span>}
              {browserName(session.userAgent)}
            </p>
            <p className="text-faint text-small">
              {session.address ?? "unknown address"}, signed in <Ago at={session.createdAt} />, active{" "}
              <Ago at={session.activeAt} />
            </p>
          </div>
          {session.isCurrent ? <span className="text-soft">This session</span> : <EndSessionButton session={session} />}
        </li>
      ))}
    </ul>
  );
}

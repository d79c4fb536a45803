import { UserX } from "lucide-react";
import { Ago } from "#components/ago.tsx";
import { Status } from "#components/status.tsx";
import type { PersonRow } from "#lib/auth/schema.ts";
import { PersonDialog } from "./person-dialog.tsx";

export function PeopleList({ people }: { people: PersonRow[] }) {
  return (
    <ul className="divide-y divide-line">
      {people.map((person) => (
        <li key={person.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
          <div className="min-w-0 flex-1 basis-60">
            <p className="truncate font-medium">{person.name}</p>
            <p className="truncate text-faint text-small">{person.email}</p>
          </div>
          <p className="w-28">{person.role}</p>
          <p className="w-44 text-soft">
            <Presence person={person} />
          </p>
          {person.can.includes("person.change") ? (
            <PersonDialog person={person} />
          ) : (
            <span className="text-soft">You</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Presence({ person: { disabledAt, lastActiveAt } }: { person: PersonRow }) {
  if (disabledAt) {
    return (
      <Status tone="neutral" icon={<UserX />}>
        Disabled <Ago at={disabledAt} />
      </Status>
    );
  }
  if (!lastActiveAt) return "not signed in";
  return (
    <>
      active <Ago at={lastActiveAt} />
    </>
  );
}

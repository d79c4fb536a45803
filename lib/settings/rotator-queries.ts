import "server-only";
import { database } from "#lib/db/client.ts";
import type { Generator } from "#lib/generate/schema.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { type RotatorRow, rotatorSettings } from "#lib/rotators/schema.ts";
import { storedRotatorKind, storedRotatorText } from "./rotator-text.ts";

export async function listRotators(_permit: Permit<"rotator.read">): Promise<RotatorRow[]> {
  const rows = await database().rotator.findMany({
    orderBy: { name: "asc" },
    include: {
      attachments: {
        where: { secret: { removedAt: null } },
        orderBy: { secret: { name: "asc" } },
        include: { secret: { include: { versions: { where: { state: "current" } } } } },
      },
    },
  });
  return rows.map(({ attachments, ...row }) => {
    const secrets = attachments.map(({ secret: { id, name, versions }, template, rotatorId }) => {
      const [current] = versions;
      return { id, name, template, login: current?.rotatorId === rotatorId ? current.login : null };
    });
    return rotatorRow({ ...row, secrets });
  });
}

type Stored = Pick<RotatorRow, "id" | "name" | "secrets"> & { settings: unknown; generator: unknown };

/** One whose settings nobody understands is a row like the others, which says so. */
export function rotatorRow({ id, name, secrets, settings, generator }: Stored): RotatorRow {
  return {
    id,
    name,
    secrets,
    kind: storedRotatorKind(settings) ?? "http",
    text: storedRotatorText(settings),
    settings: rotatorSettings.safeParse(settings).data ?? null,
    generator: generator as Generator,
  };
}

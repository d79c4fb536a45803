import "server-only";
import { Prisma } from "./generated/client.ts";

/** A piece of SQL with its values kept apart, to put other pieces together of. */
export type Sql = Prisma.Sql;

export function sql(texts: readonly string[], ...values: unknown[]): Sql {
  return Prisma.sql(texts, ...values);
}

export function joinSql(pieces: Sql[], separator: string): Sql {
  return Prisma.join(pieces, separator);
}

export const noSql: Sql = Prisma.empty;

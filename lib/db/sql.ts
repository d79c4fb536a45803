import "server-only";
import { Prisma } from "./generated/client.ts";

/** A piece of SQL whose values stay parameters. Pieces can be put into one another. */
export type Sql = Prisma.Sql;

export function sql(texts: readonly string[], ...values: unknown[]): Sql {
  return Prisma.sql(texts, ...values);
}

export function joinSql(pieces: Sql[], separator: string): Sql {
  return Prisma.join(pieces, separator);
}

export const noSql: Sql = Prisma.empty;

import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";

/** Longer than any restart of Postgres takes. */
const mostSeconds = 60;

/** Asks a run's database, beside all that happens to it: what fails while Postgres is away is asked again when it is back. */
export class Asker {
  readonly #url: string;
  #client: Promise<pg.Client> | null = null;
  #isOver = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(url: string) {
    this.#url = url;
  }

  /** One question after another: a client takes no second one before it has answered the first. */
  rows<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const asked = this.#last.then(() => this.#ask<Row>(text, values));
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  async #ask<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    const until = Date.now() + mostSeconds * 1000;
    for (;;) {
      try {
        this.#client ??= connect(this.#url);
        return (await (await this.#client).query<Row>(text, values)).rows;
      } catch (error) {
        if (this.#isOver || isAnswer(error) || Date.now() > until) throw error;
        this.#client = null;
        await pause(100);
      }
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    const client = await this.#client?.catch(() => null);
    await client?.end().catch(() => undefined);
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5000, application_name: "skep proof" });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Postgres's own word on the question, and not that it ends, begins or is gone (classes 57 and 08). */
function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(57P|08)/.test(error.code ?? "");
}

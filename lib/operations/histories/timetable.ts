import "server-only";

type Entry = { at: number; act: () => unknown };

/** What happens at a time of its own: a late call arrives, a fault is over. */
export class Timetable {
  readonly #entries: Entry[] = [];

  add(at: number, act: () => unknown): void {
    this.#entries.push({ at, act });
  }

  nextAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#entries.map(({ at }) => at));
  }

  async run(now: number): Promise<void> {
    const due = this.#entries.filter(({ at }) => at <= now);
    for (const entry of due) this.#entries.splice(this.#entries.indexOf(entry), 1);
    for (const { act } of due) await act();
  }
}

import "server-only";
import { choicesWhileAway } from "./direct.ts";
import { type Attention, awaitsPerson, type Operation } from "./ledger.ts";
import { event, type Pass, secretsNamed, systemActor } from "./pass.ts";

/** Shorter ones come with every change of leader, and are over before anybody reads of them. */
const toldAfterSeconds = 3;
const mostSeconds = 600;

/** R11: without a leader, or locked, or away: wait, bounded. True where it lasted too long, and a person was asked. */
export async function waitOut(pass: Pass, since: number, because: string): Promise<boolean> {
  await tellOutage(pass, since, because);
  const now = pass.ports.clock.now().getTime();
  if (now - since < mostSeconds * 1000) return false;
  const { operation } = pass;
  const attention = awayAttention(operation, because);
  const asked = { secrets: secretsNamed(operation), because: attention.because };
  const events = [event(systemActor, { type: "operation.needs-attention", ...asked })];
  await pass.save({ operation: { state: "needs-attention", attention, outage: null }, events, unlock: "all" });
  return true;
}

/** Who looks at the operation meanwhile sees why nothing happens, and since when. `since` by this process's clock, in milliseconds. */
export async function tellOutage(pass: Pass, since: number, because: string): Promise<void> {
  const { outage } = pass.operation;
  const now = pass.ports.clock.now().getTime();
  if (outage?.because === because || now - since < toldAfterSeconds * 1000) return;
  const begun = outage?.since ?? new Date(pass.now().getTime() - (now - since)).toISOString();
  await pass.save({ operation: { outage: { because, since: begun } } });
}

/** It goes on; the history keeps that it had to wait. */
export async function endOutage(pass: Pass): Promise<void> {
  const { outage } = pass.operation;
  if (!outage) return;
  const seconds = Math.max(0, (pass.now().getTime() - Date.parse(outage.since)) / 1000);
  const waited = { secrets: secretsNamed(pass.operation), because: outage.because, seconds };
  await pass.save({
    operation: { outage: null },
    events: [event(systemActor, { type: "operation.waited", ...waited })],
  });
}

/** What a person is to decide, or has decided, is kept: the outage only comes on top. */
function awayAttention(operation: Operation, outage: string): Attention {
  const { attention, direction } = operation;
  if (attention && awaitsPerson(operation)) {
    return { ...attention, because: `${attention.because} ${outage}`.slice(0, 480) };
  }
  const choices = choicesWhileAway(operation);
  return { because: outage, direction, stepKey: null, choice: null, choices, before: attention };
}

type Cleanup = () => unknown;

const cleanups: Cleanup[] = [];

/** Registers what undoes a thing that was just begun. It is done when the bench ends, however it ends: the last one first. */
export function atEnd(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

/** Undoes everything that was begun, one failure or not. Answers with the first failure. */
export async function cleanUp(): Promise<unknown> {
  let failure: unknown;
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) {
    try {
      await cleanup();
    } catch (error) {
      failure ??= error;
    }
  }
  return failure;
}

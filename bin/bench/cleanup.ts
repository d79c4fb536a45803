type Cleanup = () => unknown;

const cleanups: Cleanup[] = [];
let underWay: Promise<unknown> | null = null;

/** Registers what undoes a thing that was just begun. It is done when the bench ends, however it ends: the last one first. */
export function atEnd(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

/** Undoes everything that was begun, one failure or not. Answers with the first failure. Whoever calls meanwhile waits too. */
export function cleanUp(): Promise<unknown> {
  underWay ??= undoAll().finally(() => {
    underWay = null;
  });
  return underWay;
}

async function undoAll(): Promise<unknown> {
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

import "server-only";

/**
 * Holds a call to its time, whatever an SDK or a driver does meanwhile: after so many seconds it fails with `late`. What
 * is answered after that goes to `forget`.
 */
export function inTime<T>(
  { seconds, late }: { seconds: number; late: () => Error },
  work: () => Promise<T>,
  forget: (answer: T) => void = () => undefined,
): Promise<T> {
  let isLate = false;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      isLate = true;
      reject(late());
    }, seconds * 1000);
    work()
      .then((answer) => (isLate ? forget(answer) : resolve(answer)), reject)
      .finally(() => clearTimeout(timer));
  });
}

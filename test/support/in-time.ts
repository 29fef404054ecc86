/**
 * Waits for `work`, `ms` at most: then `giveUp` ends what is waited for, and the error says what took too long. Nothing
 * in the suite waits without an end, least of all what a file waits for before it has a test with a time-out.
 */
export async function inTime<T>(
  what: string,
  ms: number,
  work: Promise<T>,
  giveUp: () => unknown = () => {},
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    giveUp();
    late.reject(new Error(`${what} took longer than ${ms / 1_000} s`));
  }, ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

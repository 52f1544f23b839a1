/**
 * Lets callers that ask at the same time share one reading. It begins after all of them have asked, so it is as recent
 * for each of them as a reading of its own.
 */
export function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let next: Promise<T> | undefined;
  return () => next ??= Promise.resolve().then(() => {
    next = undefined;
    return read();
  });
}

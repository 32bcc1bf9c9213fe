/** Calls back after some milliseconds. After a pause of the process, an answer may wait unread in a socket: it is read first. */
export function setTimeoutAfterReads(callback: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(() => setImmediate(callback), milliseconds).unref();
}

/** Rejects if the work is not done in time. */
export async function within<T>(milliseconds: number, work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeoutAfterReads(() => reject(new Error(otherwise)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

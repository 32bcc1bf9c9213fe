/** Looks one session up. It never rejects. */
export type Look = () => Promise<void>;

/** Runs look-ups a few at a time: those of all sessions at once would take every connection of the app's pool. */
export interface Looks {
  /** Queues a look-up, once. An urgent one runs before the others. */
  add(look: Look, isUrgent: boolean): void;
  /** Drops a look-up that still waits. */
  remove(look: Look): void;
}

/** @param max - how many run at once */
export function createLooks(max: number): Looks {
  const urgent = new Set<Look>();
  const others = new Set<Look>();
  let running = 0;

  function takeNext(): Look | undefined {
    const [look] = urgent.size > 0 ? urgent : others;
    if (look !== undefined) remove(look);
    return look;
  }

  function remove(look: Look): void {
    urgent.delete(look);
    others.delete(look);
  }

  async function run(look: Look): Promise<void> {
    running += 1;
    await look();
    running -= 1;
    runNext();
  }

  function runNext(): void {
    while (running < max) {
      const look = takeNext();
      if (look === undefined) return;
      void run(look);
    }
  }

  return {
    add(look, isUrgent) {
      if (isUrgent) {
        others.delete(look);
        urgent.add(look);
      } else if (!urgent.has(look)) others.add(look);
      runNext();
    },
    remove,
  };
}

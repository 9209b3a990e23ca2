// Limits parallel reads, so that a long table does not send sixty requests at once.

/** How many run at once. */
const most = 2;
let going = 0;
const waiting: (() => void)[] = [];

/** limitParallel runs something once fewer than the limit run. An aborted caller leaves the queue. */
export async function limitParallel<T>(does: () => Promise<T>, left: AbortSignal): Promise<T> {
  if (going < most) going++;
  else {
    await new Promise<void>((turn, gone) => {
      waiting.push(turn);
      left.addEventListener('abort', () => {
        const place = waiting.indexOf(turn);
        if (place < 0) return;
        waiting.splice(place, 1);
        gone(left.reason);
      });
    });
  }
  try {
    left.throwIfAborted();
    return await does();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else going--;
  }
}

// Many small reads share a few turns, so that a long table does not ask for sixty things at once.

/** How many go at once. */
const most = 2;
let going = 0;
const waiting: (() => void)[] = [];

/** inTurn does something when there is a turn; who leaves before loses its place in the queue. */
export async function inTurn<T>(does: () => Promise<T>, left: AbortSignal): Promise<T> {
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

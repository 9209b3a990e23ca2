// Many small reads share a few turns, so that a long table does not ask for sixty things at once.

/** How many go at once. */
const most = 4;
let going = 0;
const waiting: (() => void)[] = [];

/** inTurn does something when there is a turn. */
export async function inTurn<T>(does: () => Promise<T>): Promise<T> {
  if (going >= most) await new Promise<void>((turn) => { waiting.push(turn); });
  else going++;
  try {
    return await does();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else going--;
  }
}

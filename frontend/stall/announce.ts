// What is said of payments that came: pure, so that every rule has its test.
import type { Payment } from '../lib/api';
import { sum } from '../lib/money';
import { hourMinute } from '../lib/time';
import { late, received, several, smallAmount, takenBack } from '../voice/words';

/** How much later than it happened a payment may come before it is announced as late, in milliseconds. */
const lateAfter = 2 * 60_000;
/** So many at once are said one by one; more are said as a count and a sum. */
const oneByOne = 3;

const precisions: Record<string, number> = { second: 0, minute: 60_000 };

/** Within this a payment is heard as it comes, whatever the phone's clock says, in milliseconds. */
const atOnce = 30_000;

/**
 * isLate says whether a payment reaches its stall late: when we were told, or, after a gap, when it is heard. A bank that tells
 * a date alone tells no time, nor does a person who assigned a payment: those are never late.
 */
export function isLate(p: Payment, heard: number): boolean {
  const precision = precisions[p.precision ?? ''];
  if (precision === undefined) return false;
  const recorded = Date.parse(p.recorded_at);
  const reached = heard - recorded > atOnce ? heard : recorded;
  return reached - (Date.parse(p.occurred_at) + precision) > lateAfter;
}

/** announce gives the sentences for payments that wait to be said, as lists of clips. */
export function announce(waiting: Payment[], heard: number): string[][] {
  const back = waiting.filter((p) => p.state === 'reversal');
  const came = waiting.filter((p) => p.state !== 'reversal');
  const said = came.length > oneByOne ? gap(came) : came.map((p) => one(p, heard));
  return [...said, ...back.map((p) => takenBack(-BigInt(p.amount)))];
}

function one(p: Payment, heard: number): string[] {
  const dong = BigInt(p.amount);
  return isLate(p, heard) ? late(dong, ...hourMinute(p.occurred_at)) : received(dong);
}

/** After a gap a count and a sum, not thirty voices; but no small amount hides among them. */
function gap(came: Payment[]): string[][] {
  const small = came.filter((p) => BigInt(p.amount) < smallAmount);
  return [several(came.length, sum(came.map((p) => p.amount))), ...small.slice(0, oneByOne).map((p) => received(BigInt(p.amount)))];
}

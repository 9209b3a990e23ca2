// What is said of payments that came: pure, so that every rule has its test.
import type { Payment } from '../lib/client';
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

/** Sentence is what is said, and which payments are said by it. */
export interface Sentence {
  clips: string[];
  of: Payment[];
}

/**
 * announce returns the sentences for payments that wait to be said. Missed: they came while this phone could not say them, and are said
 * as a count and a sum from two on.
 */
export function announce(waiting: Payment[], heard: number, missed = false): Sentence[] {
  const back = waiting.filter((p) => p.state === 'reversal');
  const came = waiting.filter((p) => p.state !== 'reversal');
  const said = came.length > (missed ? 1 : oneByOne) ? gap(came) : came.map((p) => one(p, heard));
  return [...said, ...back.map((p) => ({ clips: takenBack(-BigInt(p.amount)), of: [p] }))];
}

function one(p: Payment, heard: number): Sentence {
  const dong = BigInt(p.amount);
  return { clips: isLate(p, heard) ? late(dong, ...hourMinute(p.occurred_at)) : received(dong), of: [p] };
}

/** After a gap a count and a sum, not thirty voices; but no small amount hides among them. */
function gap(came: Payment[]): Sentence[] {
  const small = came.filter(isSmall);
  const alarms = small.slice(0, oneByOne).map((p) => ({ clips: received(BigInt(p.amount)), of: [p] }));
  return [
    {
      clips: several(came.length, sum(came.map((p) => p.amount))),
      of: came.filter((p) => !small.slice(0, oneByOne).includes(p)),
    },
    ...alarms,
  ];
}

/** isSmall reports whether a payment is so small that it may be meant to deceive: 200 đ for 200.000 đ. */
export function isSmall(p: { amount: string; state?: string }): boolean {
  const dong = BigInt(p.amount);
  return dong > 0n && dong < smallAmount && p.state !== 'reversal';
}

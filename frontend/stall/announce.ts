// The announcements of payments: pure functions, so that every rule has its test.
import type { Payment } from '../lib/client';
import { sum } from '../lib/money';
import { hourMinute } from '../lib/time';
import { late, received, several, smallAmount, takenBack } from '../voice/words';

/** How long after a transfer its notice may arrive before the payment is announced as late, in milliseconds. */
const lateAfter = 2 * 60_000;
/** How many payments are announced one by one; more are announced as a count and a sum. */
const oneByOne = 3;

const precisions: Record<string, number> = { second: 0, minute: 60_000 };

/** How far the phone's clock may differ from the server's, in milliseconds. */
const atOnce = 30_000;

/**
 * isLate reports whether a payment reaches its stall late. It arrives when the server records it or, after a gap, when the phone gets it.
 * A payment without a time is never late: some banks send a date only, and so does a person who assigns a payment.
 */
export function isLate(p: Payment, heard: number): boolean {
  const precision = precisions[p.precision ?? ''];
  if (precision === undefined) return false;
  const recorded = Date.parse(p.recorded_at);
  const reached = heard - recorded > atOnce ? heard : recorded;
  return reached - (Date.parse(p.occurred_at) + precision) > lateAfter;
}

/** Sentence is one announcement and the payments that it announces. */
export interface Sentence {
  clips: string[];
  of: Payment[];
}

/**
 * announce returns the sentences for payments. missed: the payments came while this phone could not announce them; two or more are
 * announced as a count and a sum.
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

/** gap announces many payments as a count and a sum; small amounts are announced one by one, so that they are not hidden in the sum. */
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

/** isSmall reports whether a payment is so small that it may be a fraud: 200 đ instead of 200.000 đ. */
export function isSmall(p: { amount: string; state?: string }): boolean {
  const dong = BigInt(p.amount);
  return dong > 0n && dong < smallAmount && p.state !== 'reversal';
}

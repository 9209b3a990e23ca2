// The announcement of a payment for the order on the screen.
import type { Order, Payment } from '../lib/client';
import { differs, received } from '../voice/words';

/** orderSentence returns the announcement of a payment by an order's code; undefined: the payment is not for the order. */
export function orderSentence(order: Pick<Order, 'code' | 'state' | 'missing'>, p: Payment): string[] | undefined {
  if (p.memo_code !== order.code || p.state === 'reversal') return undefined;
  return order.state === 'paid' ? received(BigInt(p.amount)) : differs(BigInt(p.amount), BigInt(order.missing));
}

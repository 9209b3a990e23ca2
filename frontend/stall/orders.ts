// What came for an order on the screen, in words.
import type { Order, Payment } from '../lib/client';
import { differs, received } from '../voice/words';

/** orderSentence returns what is said of a payment by an order's code; undefined: it is no payment of the order. */
export function orderSentence(order: Pick<Order, 'code' | 'state' | 'missing'>, p: Payment): string[] | undefined {
  if (p.memo_code !== order.code || p.state === 'reversal') return undefined;
  return order.state === 'paid' ? received(BigInt(p.amount)) : differs(BigInt(p.amount), BigInt(order.missing));
}

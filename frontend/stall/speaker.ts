// The stall's soundboxes, as the stream tells of them: while one is connected, the phone leaves a payment to it for five seconds.
import type { Payment } from '../lib/client';

/** How the soundboxes stand that speak in the phone's place. */
export interface Standing {
  /** One is connected. */
  active: boolean;
  /** The version up to which connected ones have taken payments, to speak them. */
  heard: number;
}

/** So long a payment is left to the box after it came, in milliseconds. */
const patience = 5000;

/** A payment and when it came to this phone. */
export interface Came {
  payment: Payment;
  at: number;
}

export class Speaker {
  private active = false;
  private taken = 0;
  private changed: (() => void)[] = [];

  /** stands notes what the stream tells. What a box has taken stays its own when it hangs up. */
  stands(now: Standing): void {
    this.active = now.active;
    this.taken = Math.max(this.taken, now.heard);
    for (const wake of this.changed.splice(0)) wake();
  }

  /** forget begins anew, with another stall. */
  forget(): void {
    this.active = false;
    this.taken = 0;
  }

  /** unheard gives those that no box has taken, once that is known: at once where none is connected. */
  async unheard(list: Came[]): Promise<Payment[]> {
    const newest = Math.max(...list.map((c) => c.payment.version));
    const until = Math.max(...list.map((c) => c.at)) + patience;
    while (this.active && this.taken < newest) {
      const left = until - Date.now();
      if (left <= 0) break;
      await new Promise<void>((done) => {
        const timer = setTimeout(done, left);
        this.changed.push(() => {
          clearTimeout(timer);
          done();
        });
      });
    }
    return list.map((c) => c.payment).filter((p) => p.version > this.taken);
  }
}

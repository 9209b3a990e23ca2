// The stall's soundboxes, as the stream reports them. While one is connected, the phone waits five seconds for it to take a payment.
import type { Payment } from '../lib/client';

/** Standing is the state of the soundboxes that announce payments instead of the phone. */
export interface Standing {
  /** One is connected. */
  active: boolean;
  /** The version up to which connected soundboxes have taken payments to announce. */
  heard: number;
}

/** How long the phone waits for a soundbox to take a payment, in milliseconds. */
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

  /** update saves the state that the stream reports. A payment that a soundbox took stays taken when it disconnects. */
  update(now: Standing): void {
    this.active = now.active;
    this.taken = Math.max(this.taken, now.heard);
    for (const wake of this.changed.splice(0)) wake();
  }

  /** reset starts again for another stall. */
  reset(): void {
    this.active = false;
    this.taken = 0;
  }

  /** unheard returns the payments that no soundbox takes, at once if none is connected, else after the wait. */
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

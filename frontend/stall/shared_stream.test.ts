import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Payment } from '../lib/client';
import { silence, type Line, type Listener } from './stream';
import { Shared, type Means } from './shared_stream';

/** A browser's locks: one holder a name, a queue, and stealing. */
class Locks {
  private held?: { fail: (reason: Error) => void };
  private queue: (() => void)[] = [];

  request = (async (_: string, options: LockOptions, use: () => Promise<void>) => {
    if (this.held && options.steal) {
      this.held.fail(new DOMException('stolen', 'AbortError'));
      this.held = undefined;
    }
    if (this.held) {
      await new Promise<void>((granted, failed) => {
        this.queue.push(granted);
        options.signal?.addEventListener('abort', () => {
          this.queue = this.queue.filter((q) => q !== granted);
          failed(new DOMException('given up', 'AbortError'));
        });
      });
    }
    const stolen = new Promise<void>((_, fail) => {
      this.held = { fail };
    });
    const mine = this.held;
    try {
      await Promise.race([use(), stolen]);
    } finally {
      if (this.held === mine) {
        this.held = undefined;
        this.queue.shift()?.();
      }
    }
  }) as unknown as LockManager['request'];
}

/** A browser with tabs, and the streams that they have open. */
class Browser {
  locks = new Locks();
  streams: { last: number; to: Listener; closed: boolean; renewed: number }[] = [];
  channels: { onmessage?: (e: MessageEvent) => void; closed: boolean }[] = [];
  dead: unknown[] = [];

  means(): Means {
    return {
      locks: this.locks,
      channel: () => {
        const one: Browser['channels'][0] & { postMessage?: unknown; close?: unknown } = { closed: false };
        one.postMessage = (data: unknown) => {
          if (this.dead.includes(one)) return;
          for (const other of this.channels)
            if (other !== one && !other.closed && !this.dead.includes(other))
              void Promise.resolve().then(() => other.onmessage?.({ data: structuredClone(data) } as MessageEvent));
        };
        one.close = () => {
          one.closed = true;
        };
        this.channels.push(one);
        return one as unknown as BroadcastChannel;
      },
      live: (_, last, to) => {
        const stream = { last, to, closed: false, renewed: 0 };
        this.streams.push(stream);
        return {
          start: async () => {},
          close: () => {
            stream.closed = true;
          },
          renew: () => {
            stream.renewed++;
          },
        };
      },
    };
  }

  get open() {
    return this.streams.filter((s) => !s.closed);
  }

  /** tab opens a tab that knows the payments up to a version. */
  async tab(last = 0, means = this.means()) {
    const tab = {
      line: 'connecting' as Line,
      status: undefined as number | undefined,
      versions: [] as number[],
      shared: undefined as unknown as Shared,
    };
    tab.shared = new Shared(
      'stall',
      last,
      {
        line: (state, _, status) => {
          tab.line = state;
          tab.status = status;
        },
        payments: (list) => tab.versions.push(...list.map((p) => p.version)),
        speaker: () => {},
      },
      means,
    );
    void tab.shared.start();
    await tick();
    return tab;
  }
}

const payments = (...versions: number[]) => versions.map((version) => ({ version }) as Payment);
const tick = () => vi.advanceTimersByTimeAsync(10);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Shared', () => {
  it('holds one line for eight tabs, and each hears each payment once', async () => {
    const browser = new Browser();
    const tabs = [];
    for (let n = 0; n < 8; n++) tabs.push(await browser.tab());
    expect(browser.open).toHaveLength(1);
    browser.open[0]!.to.line('open', 1);
    browser.open[0]!.to.payments(payments(1, 2), false);
    browser.open[0]!.to.payments(payments(3), false);
    await tick();
    for (const tab of tabs) expect([tab.line, tab.versions]).toEqual(['open', [1, 2, 3]]);
  });

  it('sends a later tab what it has missed', async () => {
    const browser = new Browser();
    await browser.tab(5);
    browser.open[0]!.to.line('open', 1);
    browser.open[0]!.to.payments(payments(6, 7, 8), false);
    const later = await browser.tab(6);
    await tick();
    expect([later.line, later.versions]).toEqual(['open', [7, 8]]);
    const older = await browser.tab(2); // knows less than the line began with
    await tick();
    expect(browser.open.map((s) => s.last)).toEqual([2]);
    browser.open[0]!.to.payments(payments(3, 4, 5, 6, 7, 8, 9), true);
    await tick();
    expect(older.versions).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(later.versions).toEqual([7, 8, 9]);
  });

  it('goes on from the version it saw when the leading tab is closed', async () => {
    const browser = new Browser();
    const first = await browser.tab();
    const second = await browser.tab();
    browser.open[0]!.to.payments(payments(1, 2), false);
    await tick();
    first.shared.close();
    await tick();
    expect(browser.open.map((s) => s.last)).toEqual([2]);
    browser.open[0]!.to.payments(payments(3), false);
    expect(second.versions).toEqual([1, 2, 3]);
  });

  it('does not look as if it listened when the leading tab hangs, and takes its place', async () => {
    const browser = new Browser();
    await browser.tab();
    const second = await browser.tab();
    browser.open[0]!.to.line('open', 1);
    await tick();
    expect(second.line).toBe('open');
    browser.dead.push(browser.channels[0]!);
    await vi.advanceTimersByTimeAsync(silence + 100);
    expect(second.line).toBe('lost');
    expect(browser.open).toHaveLength(1);
    browser.open[0]!.to.line('open', 2);
    expect(second.line).toBe('open');
  });

  it('keeps its place while it lives, however long nothing comes', async () => {
    const browser = new Browser();
    await browser.tab();
    const second = await browser.tab();
    browser.open[0]!.to.line('open', 1);
    await vi.advanceTimersByTimeAsync(10 * silence);
    expect(browser.streams).toHaveLength(1);
    expect(second.line).toBe('open');
  });

  it('passes on a refusal and asks anew for all', async () => {
    const browser = new Browser();
    await browser.tab();
    const second = await browser.tab();
    browser.open[0]!.to.line('refused', 1, 401);
    await tick();
    expect([second.line, second.status]).toEqual(['refused', 401]);
    second.shared.renew();
    await tick();
    expect(browser.open[0]!.renewed).toBe(1);
  });

  it('has a line of its own where a browser knows no locks', async () => {
    const browser = new Browser();
    const means = { live: browser.means().live };
    const tabs = [await browser.tab(1, means), await browser.tab(2, means)];
    expect(browser.open.map((s) => s.last)).toEqual([1, 2]);
    browser.open[1]!.to.payments(payments(3), false);
    expect(tabs.map((t) => t.versions)).toEqual([[], [3]]);
  });
});

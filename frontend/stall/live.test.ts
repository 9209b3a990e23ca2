import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Payment } from '../lib/api';
import { Live, type Line } from './live';

const event = (version: number) => `id: ${version}\nevent: payment\ndata: ${JSON.stringify({ version, amount: '1000' })}\n\n`;

/** A stream that says some texts and then ends. */
function stream(...texts: string[]): Response {
  return new Response(new ReadableStream({
    start(to) {
      for (const text of texts) to.enqueue(new TextEncoder().encode(text));
      to.close();
    },
  }));
}

afterEach(() => { vi.unstubAllGlobals(); vi.useRealTimers(); });

describe('Live', () => {
  it('gives each version once, whatever is cut and repeated', async () => {
    vi.useFakeTimers();
    const asked: string[] = [];
    const answers = [
      stream(': market40\n\n', event(1), event(2).slice(0, 20)), // cut in the middle of the second
      stream(': market40\n\n' + event(1) + event(2), event(3)), // repeats
      stream(': market40\n\n', ': ping\n\n', event(3) + event(4)),
    ];
    const seen: number[] = [];
    const lines: Line[] = [];
    let live: Live;
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      asked.push((init.headers as Record<string, string>)['Last-Event-ID']!);
      const next = answers.shift();
      if (!next) live.close();
      return next ?? new Response('', { status: 503 });
    });
    live = new Live('stall', 0, { payments: (list: Payment[]) => seen.push(...list.map((p) => p.version)), line: (state) => lines.push(state), speaker: () => {} });
    const done = live.start();
    await vi.advanceTimersByTimeAsync(10_000);
    await done;
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(asked).toEqual(['0', '1', '3', '4']);
    expect(lines).toContain('lost');
  });

  it('stops where it is refused', async () => {
    vi.stubGlobal('fetch', async () => new Response('', { status: 404 }));
    const lines: Line[] = [];
    await new Live('stall', 0, { payments: () => {}, line: (state) => lines.push(state), speaker: () => {} }).start();
    expect(lines).toEqual(['refused']);
  });

  it('tells how the soundboxes stand, and nothing of events that it does not know', async () => {
    const told: unknown[] = [];
    let live: Live;
    const answers = [stream('event: speaker\ndata: {"active":true,"heard":2}\n\n' + event(3) + 'event: other\ndata: {"version":9}\n\n')];
    vi.stubGlobal('fetch', async () => {
      const next = answers.shift();
      if (!next) live.close();
      return next ?? new Response('', { status: 503 });
    });
    live = new Live('stall', 0, { payments: (list: Payment[]) => told.push(...list.map((p) => p.version)), line: () => {}, speaker: (now) => told.push(now) });
    vi.useFakeTimers();
    const done = live.start();
    await vi.advanceTimersByTimeAsync(2000);
    await done;
    expect(told).toEqual([{ active: false, heard: 0 }, { active: true, heard: 2 }, 3]);
  });
});

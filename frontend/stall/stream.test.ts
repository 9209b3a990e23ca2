import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Payment } from '../lib/client';
import { Live, silence, type Line, type Listener } from './stream';

const event = (version: number) =>
  `id: ${version}\nevent: payment\ndata: ${JSON.stringify({ version, amount: '1000', recorded_at: '2026-11-23T10:45:00+07:00' })}\n\n`;

const headers = { 'Content-Type': 'text/event-stream', 'Newest-Version': '1' };

/** A stream that says some texts and then ends, or with hang stays open and silent. */
function stream(texts: string[], hang = false, signal?: AbortSignal | null): Response {
  return new Response(
    new ReadableStream({
      start(to) {
        for (const text of texts) to.enqueue(new TextEncoder().encode(text));
        if (!hang) to.close();
        signal?.addEventListener('abort', () => to.error(new DOMException('cut', 'AbortError')));
      },
    }),
    { headers },
  );
}

const refusal = (status: number, type = 'application/problem+json') =>
  new Response('{}', { status, headers: { 'Content-Type': type } });

/** follow runs a line over some answers, one a try, and after them none. */
function follow(answers: ((init: RequestInit) => Response)[], listener: Partial<Listener> = {}) {
  const asked: string[] = [];
  const lines: [Line, number | undefined][] = [];
  const versions: number[] = [];
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    asked.push((init.headers as Record<string, string>)['Last-Event-ID']!);
    return (answers.shift() ?? (() => new Response('', { status: 503 })))(init);
  });
  const live = new Live('stall', 0, {
    payments: (list) => versions.push(...list.map((p) => p.version)),
    line: (state, _, status) => {
      if (lines.at(-1)?.[0] !== state) lines.push([state, status]);
    },
    speaker: () => {},
    ...listener,
  });
  return { live, done: live.start(), asked, lines, versions };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('Live', () => {
  it('gives each version once, whatever is cut and repeated', async () => {
    const { live, done, asked, lines, versions } = follow([
      () => stream([': market40\n\n', event(1), event(2).slice(0, 20)]), // cut in the middle of the second
      () => stream([': market40\n\n' + event(1) + event(2), event(3)]), // repeats
      () => stream([': market40\n\n', ': ping\n\n', event(3) + event(4)]),
    ]);
    await vi.advanceTimersByTimeAsync(10_000);
    live.close();
    await done;
    expect(versions).toEqual([1, 2, 3, 4]);
    expect(asked.slice(0, 4)).toEqual(['0', '1', '3', '4']);
    expect(lines.map(([state]) => state)).toContain('lost');
  });

  it('is lost within 10 seconds when nothing comes, though nothing closes the line', async () => {
    expect(silence).toBeLessThan(10_000);
    const { live, lines } = follow([(init) => stream([': market40\n\n'], true, init.signal)]);
    await vi.advanceTimersByTimeAsync(silence - 100);
    expect(lines).toEqual([['open', undefined]]);
    await vi.advanceTimersByTimeAsync(200);
    expect(lines).toEqual([
      ['open', undefined],
      ['lost', undefined],
    ]);
    live.close();
  });

  it('is lost within 10 seconds when the server never answers', async () => {
    const { live, lines } = follow([]);
    vi.stubGlobal(
      'fetch',
      (_: string, init: RequestInit) =>
        new Promise((_, failed) =>
          init.signal!.addEventListener('abort', () => failed(new DOMException('cut', 'AbortError'))),
        ),
    );
    live.renew();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lines.map(([state]) => state)).toEqual(['lost']);
    live.close();
  });

  it.each([401, 403, 404, 409])("is refused by the server's own %d, and tries again", async (status) => {
    const { live, lines } = follow([() => refusal(status), (init) => stream([': market40\n\n'], true, init.signal)]);
    await vi.advanceTimersByTimeAsync(500);
    expect(lines).toEqual([['refused', status]]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lines.map(([state]) => state)).toEqual(['refused', 'open']);
    live.close();
  });

  it.each([
    ["a hotel's sign-in page", () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } })],
    ["a proxy's 403", () => refusal(403, 'text/html')],
    ["a proxy's 404", () => refusal(404, 'text/plain')],
    ['too many calls', () => refusal(429)],
    ['a server that restarts', () => refusal(503)],
  ])('is lost, not open or refused, at %s', async (_, answer) => {
    const { live, lines } = follow([answer]);
    await vi.advanceTimersByTimeAsync(400);
    expect(lines.map(([state]) => state)).toEqual(['lost']);
    live.close();
  });

  it('asks at once when it is renewed', async () => {
    const { live, lines } = follow([(init) => stream([': market40\n\n'], true, init.signal), () => refusal(401)]);
    await vi.advanceTimersByTimeAsync(0);
    live.renew();
    await vi.advanceTimersByTimeAsync(600);
    expect(lines.map(([state]) => state)).toEqual(['open', 'refused']); // nothing was lost
    live.close();
  });

  it('asks at once why the server ended it, before it calls the line lost', async () => {
    const { live, lines } = follow([() => stream([': market40\n\n']), () => refusal(401)]);
    await vi.advanceTimersByTimeAsync(400);
    expect(lines).toEqual([
      ['open', undefined],
      ['refused', 401],
    ]);
    live.close();
  });

  it('is lost where nothing answers after the server ended it, or where it ends every line', async () => {
    const restarts = follow([() => stream([': market40\n\n'])]);
    await vi.advanceTimersByTimeAsync(100);
    expect(restarts.lines.map(([state]) => state)).toEqual(['open', 'lost']);
    restarts.live.close();
    const ends = follow(Array.from({ length: 50 }, () => () => stream([': market40\n\n'])));
    await vi.advanceTimersByTimeAsync(5000);
    expect(ends.lines.map(([state]) => state).slice(0, 2)).toEqual(['open', 'lost']);
    expect(ends.asked.length).toBeLessThan(15);
    ends.live.close();
  });

  it('knows what came before the line was open', async () => {
    const reported: [number[], boolean][] = [];
    const { live } = follow([() => stream([event(1) + event(2)])], {
      payments: (list, missed) => reported.push([list.map((p) => p.version), missed]),
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(reported).toEqual([
      [[1], true],
      [[2], false],
    ]);
    live.close();
  });

  it('reports the state of the soundboxes, and ignores unknown events', async () => {
    const reported: unknown[] = [];
    const { live } = follow(
      [
        () =>
          stream([
            'event: speaker\ndata: {"active":true,"heard":2}\n\n' + event(3) + 'event: other\ndata: {"version":9}\n\n',
          ]),
      ],
      {
        payments: (list: Payment[]) => reported.push(...list.map((p) => p.version)),
        speaker: (now) => reported.push(now),
      },
    );
    await vi.advanceTimersByTimeAsync(100);
    live.close();
    expect(reported).toEqual([{ active: false, heard: 0 }, { active: true, heard: 2 }, 3]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Payment } from '../lib/client';
import { Speaker } from './soundboxes';

const came = (...versions: number[]) =>
  versions.map((version) => ({ payment: { version } as Payment, at: Date.now() }));

describe('Speaker', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What the phone speaks of some payments, and after how many milliseconds; undefined: it still waits. */
  function asked(speaker: Speaker, ...versions: number[]) {
    const began = Date.now();
    const answer: { versions?: number[]; after?: number } = {};
    void speaker.unheard(came(...versions)).then((left) => {
      answer.versions = left.map((p) => p.version);
      answer.after = Date.now() - began;
    });
    return answer;
  }

  it('speaks at once where there is no box', async () => {
    const answer = asked(new Speaker(), 1, 2);
    await vi.advanceTimersByTimeAsync(0);
    expect(answer).toEqual({ versions: [1, 2], after: 0 });
  });

  it('leaves to a box what it takes', async () => {
    const speaker = new Speaker();
    speaker.update({ active: true, heard: 0 });
    const answer = asked(speaker, 1, 2);
    await vi.advanceTimersByTimeAsync(1000);
    speaker.update({ active: true, heard: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(answer).toEqual({});
    speaker.update({ active: true, heard: 2 });
    await vi.advanceTimersByTimeAsync(0);
    expect(answer).toEqual({ versions: [], after: 2000 });
  });

  it('speaks after five seconds what a box has not taken', async () => {
    const speaker = new Speaker();
    speaker.update({ active: true, heard: 3 });
    const answer = asked(speaker, 3, 4);
    await vi.advanceTimersByTimeAsync(4999);
    expect(answer).toEqual({});
    await vi.advanceTimersByTimeAsync(1);
    expect(answer).toEqual({ versions: [4], after: 5000 });
  });

  it('counts the five seconds from when a payment came, not from when it is asked', async () => {
    const speaker = new Speaker();
    speaker.update({ active: true, heard: 0 });
    const waited = came(1);
    await vi.advanceTimersByTimeAsync(4000);
    let left: Payment[] | undefined;
    void speaker.unheard(waited).then((l) => {
      left = l;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(left).toHaveLength(1);
  });

  it('speaks at once when the box hangs up, but not what that had taken', async () => {
    const speaker = new Speaker();
    speaker.update({ active: true, heard: 0 });
    const answer = asked(speaker, 1, 2);
    await vi.advanceTimersByTimeAsync(500);
    speaker.update({ active: true, heard: 1 });
    speaker.update({ active: false, heard: 0 });
    await vi.advanceTimersByTimeAsync(0);
    expect(answer).toEqual({ versions: [2], after: 500 });
  });

  it('knows nothing of a box of another stall', async () => {
    const speaker = new Speaker();
    speaker.update({ active: true, heard: 90 });
    speaker.reset();
    const answer = asked(speaker, 1);
    await vi.advanceTimersByTimeAsync(0);
    expect(answer.versions).toEqual([1]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Payment } from '../lib/client';
import { text } from '../voice/words';
import { Speech } from './speech';

const at = Date.parse('2026-11-23T10:45:00+07:00');
const payment = (version: number, amount: string, state: Payment['state'] = 'posted'): Payment => ({
  id: String(version),
  amount,
  currency: 'VND',
  occurred_at: new Date(at).toISOString(),
  recorded_at: new Date(at).toISOString(),
  reference: 'FT1',
  memo_code: null,
  version,
  state,
  precision: 'second',
});

beforeEach(() => {
  vi.useFakeTimers({ now: at });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A mouth that may be shut, or fall silent in the middle of a sentence. */
function speaker() {
  const mouth = { ready: true, cuts: 0, said: [] as string[], upTo: 0, box: new Set<number>() };
  const speech = new Speech({
    ready: () => mouth.ready,
    say: async (clips) => {
      if (mouth.cuts-- > 0) return (mouth.ready = false);
      mouth.said.push(text(clips));
      return true;
    },
    unheard: async (list) => list.map((c) => c.payment).filter((p) => !mouth.box.has(p.version)),
    said: (version) => {
      mouth.upTo = version;
    },
  });
  return { mouth, speech, settle: () => vi.advanceTimersByTimeAsync(1000) };
}

describe('Speech', () => {
  it('says what comes one by one', async () => {
    const { mouth, speech, settle } = speaker();
    speech.add([payment(1, '45000')]);
    speech.add([payment(2, '12000')]);
    await settle();
    expect(mouth.said).toEqual(['đã nhận bốn mươi lăm nghìn đồng', 'đã nhận mười hai nghìn đồng']);
    expect([mouth.upTo, speech.unsaid]).toEqual([2, 0]);
  });

  it('says later, as count and sum, what came while it was mute; a small amount still alarms', async () => {
    const { mouth, speech, settle } = speaker();
    mouth.ready = false;
    for (const [version, amount] of [
      [1, '45000'],
      [2, '200'],
      [3, '12000'],
    ] as const) {
      speech.add([payment(version, amount)]);
      await settle();
    }
    expect([mouth.said, speech.unsaid, mouth.upTo]).toEqual([[], 3, 0]);
    mouth.ready = true;
    void speech.speak();
    await settle();
    expect(mouth.said).toEqual([
      'có ba khoản tổng cộng năm mươi bảy nghìn hai trăm đồng',
      'chú ý, chỉ nhận hai trăm đồng',
    ]);
    expect([speech.unsaid, mouth.upTo]).toEqual([0, 3]);
  });

  it('says again what was cut off', async () => {
    const { mouth, speech, settle } = speaker();
    mouth.cuts = 1;
    speech.add([payment(1, '52000')]);
    await settle();
    expect(mouth.said).toEqual([]);
    mouth.ready = true;
    void speech.speak();
    await settle();
    expect(mouth.said).toEqual(['đã nhận năm mươi hai nghìn đồng']);
  });

  it('says what came in a gap as count and sum, without what a soundbox took, and takes nothing back silently', async () => {
    const { mouth, speech, settle } = speaker();
    mouth.box.add(2);
    speech.add([payment(1, '10000'), payment(2, '99000'), payment(3, '20000'), payment(4, '-10000', 'reversal')], true);
    await settle();
    expect(mouth.said).toEqual(['có hai khoản tổng cộng ba mươi nghìn đồng', 'ngân hàng rút lại mười nghìn đồng']);
  });

  it('leaves what waits when selling ends', async () => {
    const { mouth, speech, settle } = speaker();
    mouth.ready = false;
    speech.add([payment(7, '45000')]);
    await settle();
    speech.clear();
    mouth.ready = true;
    void speech.speak();
    await settle();
    expect([mouth.said, mouth.upTo]).toEqual([[], 7]);
  });
});

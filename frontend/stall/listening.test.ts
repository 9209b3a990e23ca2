import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import clips from '../voice/clips.json';
import {
  warning,
  hearing,
  listening,
  sentences,
  StateVoice,
  type Account,
  type Facts,
  type Listening,
} from './listening';

const account = (state: string, last: string | null = null) =>
  ({ id: state, bank_name: 'MB', account_number: '0123', feed: { state, last_notice_at: last } }) as unknown as Account;
const heard = account('live', '2026-11-23T10:00:00+07:00');
const quiet = account('stale', '2026-11-01T10:00:00+07:00');
const unproven = account('stale');
const none = account('none');

const good: Facts = { line: 'open', selling: true, sound: true, accounts: [heard] };

describe('listening', () => {
  it.each<[string, Partial<Facts>, Listening]>([
    ['all is well', {}, 'live'],
    ['an account that was quiet for a week', { accounts: [heard, quiet] }, 'live'],
    ['the line is lost', { line: 'lost' }, 'no_network'],
    ['the line was never open', { line: 'connecting' }, 'no_network'],
    ['lost while the stall does not sell', { line: 'lost', selling: false }, 'no_network'],
    ['the server refuses', { line: 'refused' }, 'signed_out'],
    ['refused while the stall does not sell', { line: 'refused', selling: false, sound: false }, 'signed_out'],
    ['the speaker is mute', { sound: false }, 'no_sound'],
    ['mute and without a network', { sound: false, line: 'lost' }, 'no_network'],
    ['the stall does not sell', { selling: false, sound: false }, 'selling_off'],
    ['the account is not linked', { accounts: [none] }, 'not_linked'],
    ['a second account never reported', { accounts: [heard, unproven] }, 'not_linked'],
    ['a second account is not linked', { accounts: [heard, none] }, 'not_linked'],
    ['a first account never reported', { accounts: [unproven] }, 'not_linked'],
  ])('%s', (_, facts, state) => {
    expect(listening({ ...good, ...facts })).toBe(state);
  });

  it("calls a whole stall's silence nothing else than each account's", () => {
    expect([heard, quiet, unproven, none].map(hearing)).toEqual(['heard', 'quiet', 'unproven', 'none']);
  });
});

describe('what is said of a state', () => {
  const deaf: Listening[] = ['no_network', 'signed_out', 'no_sound', 'not_linked'];

  it.each(deaf)('%s has a tone, and a repetition', (state) => {
    const said = warning(state, [none])!;
    expect(['alarm', 'lost']).toContain(said.clips[0]);
    expect(said.again).toBeGreaterThanOrEqual(10_000);
    expect(said.again).toBeLessThanOrEqual(10 * 60_000);
    if (state !== 'no_sound') expect(said.clips.length).toBeGreaterThan(1);
  });

  it('is recorded', () => {
    const before: (Listening | undefined)[] = [undefined, 'live', 'selling_off', ...deaf];
    const said = before.flatMap((b) =>
      [...deaf, 'live' as const].flatMap((s) =>
        [[none], [heard, unproven]].flatMap((accounts) =>
          [true, false].flatMap((ready) => sentences({ state: b, ready }, s, accounts).flat()),
        ),
      ),
    );
    for (const clip of said) expect(Object.keys(clips.clips)).toContain(clip);
  });

  it('says "ready" only where money is heard', () => {
    expect(sentences({ ready: false }, 'live', [heard])).toEqual([['chime', 'ready']]);
    for (const state of ['no_network', 'signed_out', 'no_sound'] as const)
      expect(sentences({ ready: false }, state, [heard]).flat()).not.toContain('ready');
    expect(sentences({ ready: false }, 'not_linked', [none])).toEqual([['alarm', 'no_feed']]);
    expect(sentences({ state: 'no_network', ready: true }, 'live', [heard])).toEqual([['online']]);
    expect(sentences({ state: 'signed_out', ready: true }, 'live', [heard]).flat()).not.toContain('online');
  });
});

describe('StateVoice', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A voice with a mouth that may be mute. */
  function speaker() {
    const said: string[] = [];
    const mouth = { open: true, tones: 0 };
    const voice = new StateVoice(
      async (ask) => {
        const names = ask();
        if (names.length && mouth.open) said.push(names.join(' '));
        return mouth.open;
      },
      () => {
        mouth.tones++;
      },
    );
    const is = async (state: Listening, selling = true, accounts = [heard]) => {
      voice.update({ state, accounts, selling });
      await vi.advanceTimersByTimeAsync(0);
    };
    return { said, mouth, is };
  }

  it('says a loss, repeats it while it lasts, and says its end', async () => {
    const { said, is } = speaker();
    await is('live');
    await is('no_network');
    await is('no_network');
    expect(said).toEqual(['chime ready', 'lost offline']);
    vi.advanceTimersByTime(60_000);
    await is('no_network');
    await is('live');
    await is('live');
    expect(said).toEqual(['chime ready', 'lost offline', 'lost offline', 'online']);
  });

  it('does not call an ended session a lost network, nor "online" again', async () => {
    const { said, is } = speaker();
    await is('live');
    await is('no_network');
    await is('signed_out');
    vi.advanceTimersByTime(30_000);
    await is('signed_out');
    expect(said).toEqual(['chime ready', 'lost offline', 'alarm signed_out', 'alarm signed_out']);
  });

  it('says "ready" when the network comes after an offline start', async () => {
    const { said, is } = speaker();
    await is('no_network');
    await is('live');
    expect(said).toEqual(['lost offline', 'online', 'chime ready']);
  });

  it('sounds a tone, again and again, where no recording can sound', async () => {
    const { said, mouth, is } = speaker();
    await is('live');
    mouth.open = false;
    await is('no_sound');
    vi.advanceTimersByTime(20_000);
    await is('no_sound');
    expect(mouth.tones).toBe(2);
    mouth.open = true;
    await is('live');
    expect(said).toEqual(['chime ready', 'chime sound_back']);
  });

  it('says nothing of a stall that does not sell, and begins anew', async () => {
    const { said, is } = speaker();
    await is('no_network', false);
    await is('selling_off', false);
    await is('live');
    await is('selling_off', false);
    await is('live');
    expect(said).toEqual(['chime ready', 'chime ready']);
  });

  it('does not say what it said already when the state changes in the middle', async () => {
    const said: string[] = [];
    const voice: StateVoice = new StateVoice(
      async (ask) => {
        const names = ask();
        if (names.length) said.push(names.join(' '));
        voice.update({ state: 'live', accounts: [heard], selling: true });
        return true;
      },
      () => {},
    );
    voice.update({ state: 'not_linked', accounts: [unproven], selling: true });
    await vi.advanceTimersByTimeAsync(10);
    expect(said).toEqual(['chime ready']);
  });

  it('warns of an account that never reported, after saying that it listens', async () => {
    const { said, is } = speaker();
    await is('not_linked', true, [heard, unproven]);
    expect(said).toEqual(['chime ready', 'alarm unproven']);
  });
});

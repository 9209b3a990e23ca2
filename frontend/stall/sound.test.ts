import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Sound } from './sound';

/** A fake of a browser's audio. */
class Audio {
  static made: Audio[] = [];
  static state = 'running';
  static resumes: 'yes' | 'rejects' | 'never' = 'yes';
  state = Audio.state;
  private made = Date.now();
  private frozenAt?: number;
  destination = {};
  started = 0;
  stopped = 0;
  tones = 0;
  onstatechange?: () => void;

  constructor() {
    Audio.made.push(this);
  }

  resume(): Promise<void> {
    if (Audio.resumes === 'rejects') return Promise.reject(new Error('interrupted'));
    if (Audio.resumes === 'never') return new Promise(() => {});
    this.is('running');
    return Promise.resolve();
  }

  get currentTime(): number {
    return this.frozenAt ?? (Date.now() - this.made) / 1000;
  }

  /** stand lets the clock stand, or go on. */
  stand(still: boolean): void {
    this.frozenAt = still ? this.currentTime : undefined;
  }

  is(state: string): void {
    this.state = state;
    this.onstatechange?.();
  }

  decodeAudioData = async () => ({});
  createBufferSource = () => ({
    connect: () => {},
    start: () => {
      this.started++;
    },
    stop: () => {
      this.stopped++;
    },
  });
  createGain = () => ({ gain: { value: 1 }, connect: () => {} });
  createOscillator = () => ({
    frequency: { value: 0 },
    connect: () => {},
    start: () => {
      this.tones++;
    },
    stop: () => {},
  });
}

let loads: ('ok' | 'fails' | 'page')[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(Audio, { made: [], state: 'running', resumes: 'yes' });
  loads = [];
  vi.stubGlobal('AudioContext', Audio);
  vi.stubGlobal('fetch', async () => {
    const next = loads.shift() ?? 'ok';
    if (next === 'fails') throw new TypeError('Failed to fetch');
    return new Response('', { status: next === 'page' ? 404 : 200 });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** settle lets a promise end within some time, and reports whether it did. */
async function settles(what: Promise<unknown>, ms: number): Promise<boolean> {
  let ended = false;
  void what.then(() => {
    ended = true;
  });
  await vi.advanceTimersByTimeAsync(ms);
  return ended;
}

describe('Sound', () => {
  it('says what it is asked to, once it is unlocked', async () => {
    const sound = new Sound();
    expect(sound.ready).toBe(false);
    expect(await settles(sound.unlock(), 0)).toBe(true);
    expect(sound.ready).toBe(true);
    const said = sound.say(['chime', 'received', '4']);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await said).toBe(true);
    expect(Audio.made[0]!.started).toBe(3);
  });

  it.each([[['fails' as const, 'fails' as const]], [['page' as const]]])(
    'is mute while the recordings do not come (%s), gets them by itself, and says so',
    async (failures) => {
      loads = failures;
      const changes: boolean[] = [];
      const sound: Sound = new Sound(() => changes.push(sound.ready));
      expect(await settles(sound.unlock(), 100)).toBe(true);
      expect(sound.ready).toBe(false);
      expect(await sound.say(['chime'])).toBe(false);
      await vi.advanceTimersByTimeAsync(3000);
      expect(sound.ready).toBe(true);
      expect(changes).toEqual([true]);
    },
  );

  it('tries at once when the network is back', async () => {
    loads = ['fails', 'fails', 'fails', 'fails', 'fails', 'fails'];
    const sound = new Sound();
    void sound.unlock();
    await vi.advanceTimersByTimeAsync(20_000);
    loads = [];
    dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(sound.ready).toBe(true);
  });

  it.each(['rejects' as const, 'never' as const])(
    'reports what a call interrupts, when resume %s, and comes back',
    async (resumes) => {
      const changes: boolean[] = [];
      const sound: Sound = new Sound(() => changes.push(sound.ready));
      await sound.unlock();
      Audio.resumes = resumes;
      Audio.made[0]!.is('interrupted');
      expect(changes).toEqual([true, false]);
      const first = sound.say(['chime', 'received']);
      const second = sound.say(['chime', 'only']);
      expect(await settles(Promise.all([first, second]), 4000)).toBe(true);
      expect([await first, await second]).toEqual([false, false]);
      expect(Audio.made[0]!.started).toBe(0);
      Audio.made[0]!.is('running');
      expect(changes).toEqual([true, false, true]);
      const third = sound.say(['chime']);
      await vi.advanceTimersByTimeAsync(3000);
      expect(await third).toBe(true);
    },
  );

  it('does not count a sentence that was cut off as said', async () => {
    const sound = new Sound();
    await sound.unlock();
    const said = sound.say(['chime', 'received', '4', 'tens', 'thousand', 'dong']);
    await vi.advanceTimersByTimeAsync(300);
    Audio.resumes = 'rejects';
    Audio.made[0]!.is('interrupted');
    await vi.advanceTimersByTimeAsync(3000);
    expect(await said).toBe(false);
  });

  it('begins with a fresh context where the old one does not come back', async () => {
    const sound = new Sound();
    await sound.unlock();
    Audio.resumes = 'never';
    Audio.made[0]!.is('interrupted');
    void sound.renew();
    await vi.advanceTimersByTimeAsync(5000);
    expect(Audio.made).toHaveLength(2);
    expect(sound.ready).toBe(true);
  });

  it('is mute if the audio clock stops, although the browser says "running"', async () => {
    const changes: boolean[] = [];
    const sound: Sound = new Sound(() => changes.push(sound.ready));
    await sound.unlock();
    const every = setInterval(() => sound.look(), 1000); // as the app does
    Audio.made[0]!.stand(true);
    const said = sound.say(['chime', 'received', '4', 'tens', 'thousand', 'dong']);
    await vi.advanceTimersByTimeAsync(3100);
    expect([sound.ready, ...changes]).toEqual([false, true, false]);
    expect(await settles(said, 10_000)).toBe(true);
    expect(await said).toBe(false);
    expect(await sound.say(['chime'])).toBe(false);
    expect(Audio.made[0]!.stopped).toBe(6); // else it would sound beside what is said anew
    Audio.made[0]!.stand(false);
    await vi.advanceTimersByTimeAsync(1100);
    expect([sound.ready, ...changes]).toEqual([true, true, false, true]);
    const again = sound.say(['chime']);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await again).toBe(true);
    clearInterval(every);
  });

  it('does not count a sentence as announced if the clock never reached its last words', async () => {
    const sound = new Sound();
    await sound.unlock();
    const said = sound.say(['chime', 'received', '4', 'tens', 'thousand', 'dong']);
    await vi.advanceTimersByTimeAsync(1000);
    Audio.made[0]!.stand(true);
    expect(await settles(said, 10_000)).toBe(true);
    expect(await said).toBe(false);
  });

  it('takes a new context, in a touch, if the clock stops', async () => {
    const sound = new Sound();
    await sound.unlock();
    Audio.made[0]!.stand(true);
    const said = sound.say(['chime']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await said).toBe(false);
    void sound.renew();
    await vi.advanceTimersByTimeAsync(5000);
    expect([Audio.made.length, sound.ready]).toEqual([2, true]);
  });

  it('sounds a tone without any recording', async () => {
    loads = ['fails', 'fails', 'fails'];
    const sound = new Sound();
    void sound.unlock();
    await vi.advanceTimersByTimeAsync(0);
    sound.tone();
    expect(Audio.made[0]!.tones).toBe(4);
  });
});

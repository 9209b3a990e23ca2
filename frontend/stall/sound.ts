// Plays recorded clips one after the other. A browser allows sound only after a touch, in which unlock is called. Sound knows at all
// times whether it can play, because a mute phone must not look as if it announced payments.
import index from '../voice/clips.json';
import spriteURL from '../voice/clips.mp3?url';

const clips = index.clips as unknown as Record<string, [number, number]>;
/** Silence between two words, in seconds. */
const between = 0.02;
/** The longest wait for a browser to allow sound, in milliseconds: resume may never settle. */
const resumePatience = 1500;
/** The longest wait for the recordings in one try, and the pauses between tries, in milliseconds. */
const loadPatience = 20_000;
const loadPauses = [500, 1000, 2000, 4000, 8000, 15_000];
/** The longest that a touch waits for the first attempt to load the recordings, in milliseconds. */
const touchPatience = 8000;
/** How long the audio clock may stop while something should play, in milliseconds. */
const clockPatience = 2000;

export class Sound {
  private context?: AudioContext;
  private sprite?: AudioBuffer;
  /** The first try to get the recordings, and all of them. */
  private firstTry?: Promise<void>;
  private loading?: Promise<void>;
  private resuming?: Promise<void>;
  private queue: Promise<unknown> = Promise.resolve();
  private wasReady = false;
  /** The playing clips were interrupted, by a call for example. */
  private cutOff = false;
  /** playing: clips should play now; clock: the audio clock when it was read last; frozen: it stopped although the browser says "running". */
  private playing = false;
  private clock = { time: 0, at: 0 };
  private frozen = false;

  /** changed is called when ready has changed. */
  constructor(private changed: () => void = () => {}) {}

  /** Whether the recordings are loaded and the browser plays them. */
  get ready(): boolean {
    return this.sounds && this.sprite !== undefined;
  }

  private get sounds(): boolean {
    return this.context?.state === 'running' && !this.frozen;
  }

  /** unlock starts the audio and loads the recordings; call it in a touch. It ends in bounded time, ready or not. */
  async unlock(): Promise<void> {
    this.open();
    await Promise.all([this.resume(), Promise.race([this.load(), this.firstTry, after(touchPatience)])]);
    this.look();
  }

  /** renew starts a new audio context where the old one does not recover; call it in a touch. */
  async renew(): Promise<void> {
    await this.unlock();
    if (this.sounds) return;
    void this.context?.close?.().catch(() => {});
    this.context = undefined;
    this.frozen = false;
    await this.unlock();
  }

  /** look tries to resume the audio and reports a change of ready; called every second and when the page becomes visible. */
  look(): void {
    if (this.context && this.context.state !== 'running') {
      this.cutOff = true;
      void this.resume();
    }
    this.lookAtClock();
    if (this.ready === this.wasReady) return;
    this.wasReady = this.ready;
    this.changed();
  }

  /** lookAtClock detects a stopped audio clock: on some phones it stops although the state is "running", and the phone is mute. */
  private lookAtClock(): void {
    const { context } = this;
    if (!context) return;
    if (context.state !== 'running') this.clock.at = Date.now();
    else if (context.currentTime !== this.clock.time) {
      this.clock = { time: context.currentTime, at: Date.now() };
      this.frozen = false;
    } else if (this.playing && Date.now() - this.clock.at >= clockPatience) {
      this.frozen = this.cutOff = true;
    }
  }

  /**
   * say plays clips after those in the queue, and reports at their end whether they were heard. A function is called when its turn comes,
   * so that outdated clips are not played. The page gets an event with the clips that play.
   */
  say(clips: string[] | (() => string[])): Promise<boolean> {
    const turn = this.queue.then(() => this.play(typeof clips === 'function' ? clips() : clips)).catch(() => false);
    this.queue = turn;
    return turn;
  }

  /** tone plays an alarm without recordings and vibrates; it is the last resort of a phone without recordings. */
  tone(): void {
    shake(['alarm']);
    if (this.context?.state !== 'running') return;
    try {
      const gain = this.context.createGain();
      gain.gain.value = 0.5;
      gain.connect(this.context.destination);
      for (const [nth, pitch] of [1046, 698, 1046, 698].entries()) {
        const voice = this.context.createOscillator();
        voice.type = 'square';
        voice.frequency.value = pitch;
        voice.connect(gain);
        voice.start(this.context.currentTime + nth * 0.18);
        voice.stop(this.context.currentTime + (nth + 1) * 0.18);
      }
      dispatchEvent(new CustomEvent('m40:say', { detail: ['alarm'] }));
    } catch {
      // the phone vibrated
    }
  }

  private open(): void {
    if (this.context && this.context.state !== 'closed') return;
    this.context = new AudioContext();
    this.context.onstatechange = () => this.look();
  }

  /** resume asks the browser to allow sound, one call at a time. */
  private resume(): Promise<void> {
    if (!this.context || this.context.state === 'running') return Promise.resolve();
    const asked = Promise.resolve(this.context.resume()).catch(() => {});
    this.resuming ??= Promise.race([asked, after(resumePatience)]).finally(() => {
      this.resuming = undefined;
    });
    return this.resuming;
  }

  /** load loads the recordings and retries until it has them. */
  private load(): Promise<void> {
    if (this.sprite) return Promise.resolve();
    this.loading ??= this.tryToLoad().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async tryToLoad(): Promise<void> {
    let tried = () => {};
    this.firstTry = new Promise((done) => {
      tried = done;
    });
    for (let tries = 0; !this.sprite; tries++) {
      try {
        const answer = await fetch(spriteURL, { signal: AbortSignal.timeout(loadPatience) });
        if (!answer.ok) throw new Error(String(answer.status));
        this.sprite = await this.context!.decodeAudioData(await answer.arrayBuffer());
      } catch {
        tried();
        await afterOrOnline(loadPauses[Math.min(tries, loadPauses.length - 1)]!);
      }
    }
    this.look();
  }

  private async play(names: string[]): Promise<boolean> {
    if (!names.length) return true;
    shake(names);
    if (!this.ready) await this.resume();
    const { context, sprite } = this;
    if (!context || !sprite || !this.sounds) {
      this.look();
      return false;
    }
    this.cutOff = false;
    dispatchEvent(new CustomEvent('m40:say', { detail: names }));
    let length = between;
    const sources: AudioBufferSourceNode[] = [];
    for (const name of names) {
      const [offset, samples] = clips[name] ?? [0, 0];
      const source = context.createBufferSource();
      sources.push(source);
      source.buffer = sprite;
      source.connect(context.destination);
      source.start(context.currentTime + length, offset / index.rate, samples / index.rate);
      length += samples / index.rate + between;
    }
    const end = context.currentTime + length - between;
    this.clock = { time: context.currentTime, at: Date.now() };
    this.playing = true;
    // One timer for all clips: a page in the background gets one timer a second. Clips after the present audio time were not heard.
    await after(length * 1000);
    for (this.look(); this.sounds && context === this.context && context.currentTime < end; this.look())
      await after(clockPatience / 4);
    this.playing = false;
    if (context === this.context && !this.cutOff) return true;
    for (const source of sources) source.stop(); // they are played again later, not twice
    return false;
  }
}

function shake(names: string[]): void {
  navigator.vibrate?.(names[0] === 'alarm' ? [400, 100, 400] : 200);
}

function after(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function afterOrOnline(ms: number): Promise<void> {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      removeEventListener('online', finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    addEventListener('online', finish);
  });
}

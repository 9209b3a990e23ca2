// Plays recorded clips one after the other. A browser lets it sound only after a touch: unlock is called in one.
import index from '../voice/clips.json';
import spriteURL from '../voice/clips.mp3?url';

const clips = index.clips as unknown as Record<string, [number, number]>;
/** Silence between two words, in seconds. */
const between = 0.02;

export class Sound {
  private context?: AudioContext;
  private sprite?: Promise<AudioBuffer>;
  private queue: Promise<void> = Promise.resolve();

  /** unlock makes it able to sound; call it in a touch. */
  async unlock(): Promise<void> {
    this.context ??= new AudioContext();
    this.sprite ??= fetch(spriteURL).then((r) => r.arrayBuffer()).then((bytes) => this.context!.decodeAudioData(bytes));
    this.sprite.catch(() => { this.sprite = undefined; });
    await this.context.resume();
  }

  /** Whether it may sound. */
  get unlocked(): boolean {
    return this.context?.state === 'running';
  }

  /**
   * say plays clips after what is being said, and is done when they are. What is said is told to the page too. A function is asked
   * when its turn comes: what is no longer so by then is not said.
   */
  say(clips: string[] | (() => string[])): Promise<void> {
    this.queue = this.queue.then(() => this.play(typeof clips === 'function' ? clips() : clips)).catch(() => {});
    return this.queue;
  }

  private async play(names: string[]): Promise<void> {
    if (!names.length) return;
    dispatchEvent(new CustomEvent('m40:say', { detail: names }));
    navigator.vibrate?.(names[0] === 'alarm' ? [400, 100, 400] : 200);
    if (!this.context || !this.sprite) return;
    if (!this.unlocked) await this.context.resume();
    const sprite = await this.sprite;
    let at = this.context.currentTime + 0.02;
    for (const name of names) {
      const [offset, length] = clips[name] ?? [0, 0];
      const source = this.context.createBufferSource();
      source.buffer = sprite;
      source.connect(this.context.destination);
      source.start(at, offset / index.rate, length / index.rate);
      at += length / index.rate + between;
    }
    await new Promise((done) => setTimeout(done, (at - this.context!.currentTime) * 1000));
  }
}

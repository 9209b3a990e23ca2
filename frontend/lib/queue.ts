// What was recorded without a network waits here, on the phone, until the server has taken it. Each request has a key under which the
// server does it once, so it may be sent as often as it takes. They go in the order in which they were recorded, under who recorded them.
import type { DBSchema } from 'idb';
import { problemOf, sendStored, type Answer, type Problem } from './client';
import { Store } from './store';

/** How long to wait after an answer that says "later", in milliseconds; doubled each time up to the longest. */
const firstPause = 5_000;
const longestPause = 300_000;

export interface Waiting {
  /** Place in the queue; given by the store. */
  n?: number;
  key: string;
  /** Who recorded it: nobody else sends it. */
  by: string;
  at: number;
  method: 'POST' | 'PUT';
  path: string;
  body: unknown;
  /** What it is, for people. */
  label: string;
  /** Why the server refused it; it stays until somebody looks at it. */
  refused?: Problem;
}

interface Schema extends DBSchema {
  waiting: { key: number; value: Waiting };
}

/** How a flush ended: all gone, no network, who sends is not signed in, or the server asks to come later. */
export type Ended = 'empty' | 'offline' | 'signed_out' | 'later';

export class Queue {
  private store: Store<Schema>;
  private flushing?: Promise<Ended>;
  private timer?: ReturnType<typeof setTimeout>;
  private pause = firstPause;
  private watchers = new Set<() => void>();

  constructor(
    private name: string,
    private by: string,
  ) {
    this.store = new Store(name, [(db) => void db.createObjectStore('waiting', { keyPath: 'n', autoIncrement: true })]);
  }

  /** watch calls back whenever what waits has changed; its answer ends that. */
  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => {
      this.watchers.delete(changed);
    };
  }

  private changed(): void {
    for (const each of this.watchers) each();
  }

  /** add keeps a request; it is on the phone when the promise is done. */
  async add(what: Pick<Waiting, 'method' | 'path' | 'body' | 'label'>): Promise<void> {
    await this.store.write('waiting', { ...what, key: crypto.randomUUID(), by: this.by, at: Date.now() });
    this.changed();
  }

  /** list is what waits, oldest first. */
  async list(): Promise<Waiting[]> {
    return (await this.store.readAll('waiting')).filter((w) => w.by === this.by);
  }

  /** drop gives a request up. */
  async drop(n: number): Promise<void> {
    await this.store.remove('waiting', n);
    this.changed();
  }

  /** again takes a refused request up once more, under a new key: the old one stands for the refusal. */
  async again(n: number): Promise<void> {
    const waiting = await this.store.read('waiting', n);
    if (!waiting) return;
    const { refused: _, ...rest } = waiting;
    await this.store.write('waiting', { ...rest, key: crypto.randomUUID() });
    this.changed();
  }

  /** start sends what waits now, whenever the network comes back, and again after a pause. */
  start(): () => void {
    const go = (): void => {
      void this.flush();
    };
    addEventListener('online', go);
    go();
    return () => {
      removeEventListener('online', go);
      clearTimeout(this.timer);
    };
  }

  /** flush sends what waits, one after the other. Two windows never do it at once. */
  flush(): Promise<Ended> {
    this.flushing ??= this.alone(() => this.send()).finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  private async alone(work: () => Promise<Ended>): Promise<Ended> {
    return navigator.locks ? ((await navigator.locks.request(this.name, work)) as Ended) : work();
  }

  private async send(): Promise<Ended> {
    clearTimeout(this.timer);
    for (const waiting of await this.list()) {
      if (waiting.refused) continue;
      const ended = await this.one(waiting);
      if (!ended) continue;
      if (ended !== 'signed_out') {
        this.timer = setTimeout(() => {
          void this.flush();
        }, this.pause);
        this.pause = Math.min(this.pause * 2, longestPause);
      }
      return ended;
    }
    this.pause = firstPause;
    return 'empty';
  }

  /** one sends one request; its answer says why no other is to be sent now. */
  private async one(waiting: Waiting): Promise<Ended | undefined> {
    let answer: Answer<unknown>;
    try {
      answer = await sendStored(waiting);
    } catch {
      return 'offline';
    }
    if (answer.response.ok) {
      await this.drop(waiting.n!);
      return undefined;
    }
    const problem = problemOf(answer);
    if (problem.status === 401) return 'signed_out';
    if (problem.status >= 500 || problem.status === 429 || problem.code === 'in_progress') return 'later';
    await this.store.write('waiting', { ...waiting, refused: problem });
    this.changed();
    return undefined;
  }

  /** forget clears what this person has waiting. */
  async forget(): Promise<void> {
    for (const waiting of await this.list()) await this.store.remove('waiting', waiting.n!);
    this.changed();
  }
}

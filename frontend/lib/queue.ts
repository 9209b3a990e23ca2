// The queue of requests that were recorded on the phone, with or without a network, until the server has accepted them. Each request has a
// key with which the server does it once, so it may be retried. Requests are sent in order, and only by the person who recorded them.
import type { DBSchema } from 'idb';
import { problemOf, sendStored, type Answer, type Problem } from './client';
import { Store } from './store';

/** The pause after an answer that asks to come later, in milliseconds; doubled each time up to the longest. */
const firstPause = 5_000;
const longestPause = 300_000;

export interface Waiting {
  /** The number in the queue; the store assigns it. */
  n?: number;
  key: string;
  /** Who recorded it: only this person sends it. */
  by: string;
  at: number;
  method: 'POST' | 'PUT';
  path: string;
  body: unknown;
  /** The name of the request on the screen. */
  label: string;
  /** Why the server refused it; it stays in the queue until a person decides. */
  refused?: Problem;
}

interface Schema extends DBSchema {
  waiting: { key: number; value: Waiting };
}

/** Ended is how a flush ended: all sent, no network, the user is not signed in, or the server asks to come later. */
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

  /** watch calls back whenever the queue has changed, until the returned function is called. */
  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => {
      this.watchers.delete(changed);
    };
  }

  private changed(): void {
    for (const each of this.watchers) each();
  }

  /** add stores a request; it is on the phone when the promise resolves. */
  async add(what: Pick<Waiting, 'method' | 'path' | 'body' | 'label'>): Promise<void> {
    await this.store.write('waiting', { ...what, key: crypto.randomUUID(), by: this.by, at: Date.now() });
    this.changed();
  }

  /** list returns this person's requests, oldest first. */
  async list(): Promise<Waiting[]> {
    return (await this.store.readAll('waiting')).filter((w) => w.by === this.by);
  }

  /** drop removes a request. */
  async drop(n: number): Promise<void> {
    await this.store.remove('waiting', n);
    this.changed();
  }

  /** again queues a refused request once more with a new key, because the server answers the old key with the same refusal. */
  async again(n: number): Promise<void> {
    const waiting = await this.store.read('waiting', n);
    if (!waiting) return;
    const { refused: _, ...rest } = waiting;
    await this.store.write('waiting', { ...rest, key: crypto.randomUUID() });
    this.changed();
  }

  /** start sends the queue now, whenever the network comes back, and again after a pause. */
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

  /** flush sends the requests one after the other. A lock prevents that two windows do it at once. */
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

  /** one sends one request, and returns why no other may be sent now. */
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

  /** clear removes this person's requests. */
  async clear(): Promise<void> {
    for (const waiting of await this.list()) await this.store.remove('waiting', waiting.n!);
    this.changed();
  }
}

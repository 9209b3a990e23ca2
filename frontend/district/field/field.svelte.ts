// What the team takes along for a day without a network, and what it has recorded. The kit is cleared at sign-out; what waits to be sent
// stays, and is sent only by who recorded it.
import {
  api,
  ask,
  pathWith,
  toProblem,
  type ApiPath,
  type BodyOf,
  type Nullable,
  type Problem,
  type Schemas,
} from '../../lib/client';
import { Queue, type Waiting } from '../../lib/queue';
import { readValue, writeValue } from '../store';

export type Word = Schemas['FieldWord'];
export type KitMarket = Schemas['FieldKitMarket'];
export type KitTraining = Schemas['FieldKitTraining'];
export type Slot = Schemas['FieldSlot'];
/** What forms use of a stall. */
export type KitStall = Omit<Nullable<Schemas['FieldKitStall'], 'merchant_id'>, 'kind' | 'goods_group'>;
export type Kit = Omit<Nullable<Schemas['FieldKit'], 'market'>, 'stalls'> & { stalls: KitStall[] };

/** Fact is what a form records: its path is of the API, with one parameter. */
interface Fact<Path extends ApiPath, Method extends 'post' | 'put'> {
  label: string;
  path: Path;
  id: string;
  body: BodyOf<Path, Method>;
}

/** Words that a search does not tell apart: without diacritics, đ as d. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase().trim();
}

/** found are the stalls whose number begins with, or whose merchant's name holds, what was typed; most of them first by number. */
export function found(stalls: KitStall[], typed: string, most = 8): KitStall[] {
  const wanted = folded(typed);
  if (!wanted) return [];
  return stalls
    .filter((s) => folded(s.number).startsWith(wanted) || folded(s.merchant_name ?? '').includes(wanted))
    .slice(0, most);
}

class Field {
  kit = $state.raw<Kit>();
  waiting = $state.raw<Waiting[]>([]);
  /** Of the kit: what the phone keeps, because there was no network. */
  old = $state(false);
  failed = $state.raw<Problem>();

  private queue?: Queue;
  private by = '';

  /** open begins to send what waits, and reads the kit for who takes one; without a network the one that the phone keeps. */
  async open(by: string, withKit: boolean): Promise<void> {
    if (this.by !== by) {
      this.by = by;
      this.queue = new Queue('market40-field', by);
      this.queue.watch(() => {
        void this.look();
      });
      this.queue.start();
    }
    await this.look();
    if (withKit) await this.take(this.kit?.market?.id ?? (await readValue<string>('field-market')) ?? '');
  }

  /** take reads the kit of a market. */
  async take(market: string): Promise<void> {
    this.failed = undefined;
    try {
      // Kept before it is shown: who sees the list may go where there is no network.
      const kit = this.withUnsent(
        await ask(api.GET('/api/v1/me/field-kit', { params: { query: { market: market || undefined } } })),
      );
      await writeValue('field-kit', kit);
      await writeValue('field-market', kit.market?.id ?? '');
      this.kit = kit;
      this.old = false;
    } catch (thrown) {
      const problem = toProblem(thrown);
      const kept = await readValue<Kit>('field-kit');
      if (problem.code === 'offline' && kept) {
        this.kit = kept;
        this.old = true;
      } else if (market && problem.status === 404) {
        await this.take('');
      } else {
        this.failed = problem;
      }
    }
  }

  /** withUnsent is a kit with the trainings of its market that wait on this phone. */
  private withUnsent(kit: Kit): Kit {
    const path = `/api/v1/markets/${kit.market?.id ?? ''}/trainings`;
    const unsent = this.waiting.filter((w) => w.path === path && !w.refused).map((w) => w.body as KitTraining);
    return {
      ...kit,
      trainings: [...unsent.filter((one) => !kit.trainings.some((known) => known.id === one.id)), ...kit.trainings],
    };
  }

  private async look(): Promise<void> {
    this.waiting = (await this.queue?.list()) ?? [];
  }

  /** The market that was chosen; empty: none. */
  get market(): string {
    return this.kit?.market?.id ?? '';
  }

  /** record keeps a new fact on the phone and sends it as soon as that can be done. */
  record<Path extends ApiPath>(fact: Fact<Path, 'post'>): Promise<void> {
    return this.enqueue('POST', fact);
  }

  /** complete is record for a fact that the server has begun already. */
  complete<Path extends ApiPath>(fact: Fact<Path, 'put'>): Promise<void> {
    return this.enqueue('PUT', fact);
  }

  private async enqueue<Path extends ApiPath, Method extends 'post' | 'put'>(
    method: 'POST' | 'PUT',
    { label, path, id, body }: Fact<Path, Method>,
  ): Promise<void> {
    await this.queue!.add({ method, path: pathWith(path, id), body: JSON.parse(JSON.stringify(body)), label });
    void this.queue!.flush();
  }

  /** held adds a training that was recorded here to the kit, so that it may be attended before it was sent and after the app was closed. */
  async held(training: KitTraining): Promise<void> {
    if (!this.kit) return;
    const kit = { ...this.kit, trainings: [training, ...this.kit.trainings] };
    await writeValue('field-kit', kit);
    this.kit = kit;
  }

  send = (): Promise<unknown> => this.queue!.flush();
  drop = (n: number): Promise<void> => this.queue!.drop(n);
  again = async (n: number): Promise<void> => {
    await this.queue!.again(n);
    await this.queue!.flush();
  };
}

export const field = new Field();

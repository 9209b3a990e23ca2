// The kit that a team needs for a day without a network, and the facts that it has recorded. The kit is cleared at sign-out. Facts that are
// not sent yet stay, and only the person who recorded them sends them.
import { api, ask, pathWith, toProblem, type ApiPath, type BodyOf, type Problem, type Schemas } from '../../lib/client';
import { Queue, type Waiting } from '../../lib/queue';
import { folded } from '../format';
import { readValue, writeValue } from '../store';

export type Word = Schemas['FieldWord'];
export type KitMarket = Schemas['FieldKitMarket'];
export type KitTraining = Schemas['FieldKitTraining'];
export type Slot = Schemas['FieldSlot'];
/** KitStall is the part of a stall that forms use. */
export type KitStall = Omit<Schemas['FieldKitStall'], 'kind' | 'goods_group'>;
export type Kit = Omit<Schemas['FieldKit'], 'stalls'> & { stalls: KitStall[] };

/** Fact is what a form records: its path is of the API, with one parameter. */
interface Fact<Path extends ApiPath, Method extends 'post' | 'put'> {
  label: string;
  path: Path;
  id: string;
  body: BodyOf<Path, Method>;
}

/** found returns stalls by what was typed: the beginning of the number, or a part of the merchant's name. */
export function found(stalls: KitStall[], typed: string, most = 8): KitStall[] {
  const text = folded(typed);
  if (!text) return [];
  return stalls
    .filter((s) => folded(s.number).startsWith(text) || folded(s.merchant_name ?? '').includes(text))
    .slice(0, most);
}

class Field {
  kit = $state.raw<Kit>();
  waiting = $state.raw<Waiting[]>([]);
  /** The kit is the stored one, because there was no network. */
  old = $state(false);
  failed = $state.raw<Problem>();

  private queue?: Queue;
  private by = '';

  /** open starts the queue, and reads the kit for those who need one; without a network the stored one. */
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
      // Stored before it is shown: a person who sees the list may go where there is no network.
      const kit = this.withUnsent(
        await ask(api.GET('/api/v1/me/field-kit', { params: { query: { market: market || undefined } } })),
      );
      await writeValue('field-kit', kit);
      await writeValue('field-market', kit.market?.id ?? '');
      this.kit = kit;
      this.old = false;
    } catch (thrown) {
      const problem = toProblem(thrown);
      const stored = await readValue<Kit>('field-kit');
      if (problem.code === 'offline' && stored) {
        this.kit = stored;
        this.old = true;
      } else if (market && problem.status === 404) {
        await this.take('');
      } else {
        this.failed = problem;
      }
    }
  }

  /** withUnsent returns a kit with the trainings of its market that are not sent yet. */
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

  /** record queues a new fact and sends it as soon as possible. */
  record<Path extends ApiPath>(fact: Fact<Path, 'post'>): Promise<void> {
    return this.enqueue('POST', fact);
  }

  /** complete queues the missing part of a fact that the server has already, such as a drawn half-hour. */
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

  /** held adds a training that was recorded here to the kit, so that it can be attended before it is sent, even after a restart. */
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

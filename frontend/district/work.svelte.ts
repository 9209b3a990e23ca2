// Long work: it is kept in the browser before it is sent, shown while it runs, and asked for again after a reload. The key
// makes the server do it once; an import is all or nothing and unchanged the second time.
import { ask, download, isProblem, sendStored, sentence, type Schemas } from '../lib/client';
import { removeWork, saveWork, readWork, writeValue, type Work } from './store';

/** How often work that the server has under way is asked for again, in milliseconds. */
const askAgain = 3000;

export interface Running extends Work {
  state: 'running' | 'done' | 'failed';
  seconds: number;
  said: string;
  /** Of an export: bytes that have come, and of how many, when that is known. */
  bytes?: number;
  size?: number;
}

/** What became of a list; rows of stalls have a number. */
export type Imported = Pick<Schemas['FieldImported'], 'dry_run' | 'applied' | 'created' | 'unchanged' | 'faulty'> & {
  skipped?: number[] | null;
  /** Of a list of stalls: what may be right and a person looks at, from when rows without a date hold, and how past months change. */
  warnings?: Schemas['MerchantsImportNote'][] | null;
  since?: string;
  past?: Schemas['MerchantsPastChange'] | null;
  sheets?: Schemas['MerchantsReadSheet'][] | null;
  rows: (Schemas['FieldImportedRow'] & { number?: string; sheet?: string })[] | null;
};

/** An import that was answered, with the file as long as it may be sent again. */
export interface KeptImport {
  name: string;
  at: string;
  file?: File;
  result: Imported;
}

/** isImported reports whether an answer, or a refusal, tells what became of a list. */
export function isImported(answer: unknown): answer is Imported {
  return typeof answer === 'object' && answer !== null && 'rows' in answer && Boolean(answer.rows);
}

/** importAt is under which name the import of a path is kept; a trial and the import itself are one. */
export const importAt = (path: string): string => `import ${path.split('?')[0]}`;

class Works {
  list = $state<Running[]>([]);
  /** Counts what came to an end: who shows its outcome reads again. */
  ended = $state(0);

  constructor() {
    setInterval(() => {
      for (const w of this.list) if (w.state === 'running') w.seconds = Math.round((Date.now() - w.startedAt) / 1000);
    }, 1000);
  }

  /** resume takes up what a reload interrupted. */
  async resume(): Promise<void> {
    for (const work of await readWork()) void this.run(work).catch(() => {});
  }

  /** begin keeps work and does it. */
  async begin<T>(work: Omit<Work, 'key' | 'startedAt'>): Promise<T> {
    const kept: Work = { ...work, key: crypto.randomUUID(), startedAt: Date.now() };
    await saveWork(kept);
    return this.run<T>(kept);
  }

  private async run<T>(work: Work): Promise<T> {
    this.list.push({ ...work, state: 'running', seconds: 0, said: '' });
    const shown = this.list.at(-1)!;
    try {
      const answer = work.kind === 'export' ? await this.fetched(work, shown) : await this.sent(work);
      if (isImported(answer)) await this.keepImport(work, answer);
      shown.state = 'done';
      this.ended++;
      setTimeout(() => this.dismiss(work.key), 8000);
      await removeWork(work.key);
      return answer as T;
    } catch (problem) {
      if (isImported(problem)) await this.keepImport(work, problem);
      shown.state = 'failed';
      this.ended++;
      shown.said = sentence(problem);
      if (!isProblem(problem) || problem.code !== 'offline') await removeWork(work.key);
      throw problem;
    }
  }

  private async keepImport(
    { path, file, startedAt }: Work,
    { dry_run, applied, created, unchanged, faulty, skipped, warnings, since, past, sheets, rows }: Imported,
  ): Promise<void> {
    const result: Imported = {
      dry_run,
      applied,
      created,
      unchanged,
      faulty,
      skipped,
      warnings,
      since,
      past,
      sheets,
      rows,
    };
    const kept: KeptImport = {
      name: file?.name ?? '',
      at: new Date(startedAt).toISOString(),
      file: applied ? undefined : file,
      result,
    };
    await writeValue(importAt(path), kept);
  }

  private async sent(work: Work): Promise<unknown> {
    for (;;) {
      const { method, path, key } = work;
      let body = work.body;
      if (work.file) {
        const form = new FormData();
        form.append('file', work.file, work.file.name);
        body = form;
      }
      try {
        return await ask(sendStored({ method, path, body, key }));
      } catch (problem) {
        if (!isProblem(problem) || problem.code !== 'in_progress') throw problem;
        await new Promise((done) => setTimeout(done, askAgain));
      }
    }
  }

  /** fetched reads a file and gives it to the browser to save. */
  private async fetched(work: Work, shown: Running): Promise<void> {
    const call = download(work.path);
    await ask(call);
    const { response: answer } = await call;
    shown.size = Number(answer.headers.get('Content-Length')) || undefined;
    const parts: BlobPart[] = [];
    const stream = answer.body!.getReader();
    for (let got = await stream.read(); !got.done; got = await stream.read()) {
      parts.push(got.value);
      shown.bytes = (shown.bytes ?? 0) + got.value.byteLength;
    }
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(parts, { type: answer.headers.get('Content-Type') ?? '' }));
    link.download =
      /filename="?([^";]+)/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? work.saveAs ?? 'file';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  dismiss(key: string): void {
    this.list = this.list.filter((w) => w.key !== key);
    void removeWork(key);
  }
}

export const works = new Works();

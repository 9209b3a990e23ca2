// Long work: it is stored in the browser before it is sent, shown while it runs, and sent again after a reload. With its key the server does
// it once. An import writes all rows or none, and none the second time.
import { ask, download, isProblem, sendStored, sentence, type Schemas } from '../lib/client';
import { removeWork, saveWork, readWork, writeValue, type Work } from './store';

/** How often work that the server is still doing is requested again, in milliseconds. */
const askAgain = 3000;

export interface Running extends Work {
  state: 'running' | 'done' | 'failed';
  seconds: number;
  said: string;
  /** Of an export: the bytes received, and their number if the server sends it. */
  bytes?: number;
  size?: number;
}

/** Imported is the answer to a list; rows of stalls have a number. */
export type Imported = Pick<Schemas['FieldImported'], 'dry_run' | 'applied' | 'created' | 'unchanged' | 'faulty'> & {
  skipped: number[];
  /** Of a list of stalls: warnings for a person, the date of rows without one, and the change of past months. */
  warnings?: Schemas['MerchantsImportNote'][];
  since?: string;
  past?: Schemas['MerchantsPastChange'] | null;
  sheets?: Schemas['MerchantsReadSheet'][];
  rows: (Schemas['FieldImportedRow'] & { number?: string; sheet?: string })[];
};

/** StoredImport is an answered import, with the file as long as it may be sent again. */
export interface StoredImport {
  name: string;
  at: string;
  file?: File;
  result: Imported;
}

/** isImported reports whether an answer, or a refusal, is the answer to a list. */
export function isImported(answer: unknown): answer is Imported {
  return typeof answer === 'object' && answer !== null && 'rows' in answer && Boolean(answer.rows);
}

/** importAt returns the name under which the import of a path is stored; a trial and the import itself share it. */
export const importAt = (path: string): string => `import ${path.split('?')[0]}`;

class Works {
  list = $state<Running[]>([]);
  /** Counts ended work: screens that show its result read it again. */
  ended = $state(0);

  constructor() {
    setInterval(() => {
      for (const w of this.list) if (w.state === 'running') w.seconds = Math.round((Date.now() - w.startedAt) / 1000);
    }, 1000);
  }

  /** resume continues work that a reload interrupted. */
  async resume(): Promise<void> {
    for (const work of await readWork()) void this.run(work).catch(() => {});
  }

  /** begin stores work and runs it. */
  async begin<T>(work: Omit<Work, 'key' | 'startedAt'>): Promise<T> {
    const stored: Work = { ...work, key: crypto.randomUUID(), startedAt: Date.now() };
    await saveWork(stored);
    return this.run<T>(stored);
  }

  private async run<T>(work: Work): Promise<T> {
    this.list.push({ ...work, state: 'running', seconds: 0, said: '' });
    const shown = this.list.at(-1)!;
    try {
      const answer = work.kind === 'export' ? await this.fetched(work, shown) : await this.sent(work);
      if (isImported(answer)) await this.saveImport(work, answer);
      shown.state = 'done';
      this.ended++;
      setTimeout(() => this.dismiss(work.key), 8000);
      await removeWork(work.key);
      return answer as T;
    } catch (problem) {
      if (isImported(problem)) await this.saveImport(work, problem);
      shown.state = 'failed';
      this.ended++;
      shown.said = sentence(problem);
      if (!isProblem(problem) || problem.code !== 'offline') await removeWork(work.key);
      throw problem;
    }
  }

  private async saveImport(
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
    const stored: StoredImport = {
      name: file?.name ?? '',
      at: new Date(startedAt).toISOString(),
      file: applied ? undefined : file,
      result,
    };
    await writeValue(importAt(path), stored);
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

  /** fetched downloads a file and lets the browser save it. */
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

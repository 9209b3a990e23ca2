// Who sees the owner's data, asked for once while the app is open, and which reminders this phone has put aside.
import { api, ask, type Visibility } from '../lib/client';
import { readValue, writeValue } from './store';

let asked: Promise<Visibility> | undefined;

/** visibility is what the server tells of it; fresh asks anew. */
export function visibility(fresh = false): Promise<Visibility> {
  if (fresh || !asked) {
    asked = ask(api.GET('/api/v1/me/visibility'));
    asked.catch(() => {
      asked = undefined;
    });
  }
  return asked;
}

/** aside are the changes of account whose reminder was put aside on this phone. */
export async function aside(): Promise<string[]> {
  return (await readValue<string[]>('reminded')) ?? [];
}

/** putAside ends the reminder of some changes on this phone. */
export async function putAside(changes: string[]): Promise<void> {
  await writeValue('reminded', [...(await aside()), ...changes].slice(-50));
}

// Who sees the owner's data, read once while the app is open, and the reminders that were dismissed on this phone.
import { api, ask, type Visibility } from '../lib/client';
import { readValue, writeValue } from './store';

let reading: Promise<Visibility> | undefined;

/** readVisibility returns who sees the owner's data; fresh reads it again. */
export function readVisibility(fresh = false): Promise<Visibility> {
  if (fresh || !reading) {
    reading = ask(api.GET('/api/v1/me/visibility'));
    reading.catch(() => {
      reading = undefined;
    });
  }
  return reading;
}

/** dismissedReminders returns the ids of account changes; their reminders were dismissed on this phone. */
export async function dismissedReminders(): Promise<string[]> {
  return (await readValue<string[]>('reminded')) ?? [];
}

/** dismissReminders dismisses the reminders of some changes on this phone. */
export async function dismissReminders(changes: string[]): Promise<void> {
  await writeValue('reminded', [...(await dismissedReminders()), ...changes].slice(-50));
}

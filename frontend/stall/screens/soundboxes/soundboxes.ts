// The soundboxes of a stall: read, paired, changed, removed.
import { api, ask, askItems, type Soundbox } from '../../../lib/client';
import { t } from '../../../lib/language.svelte';
import { clock, day } from '../../../lib/time';

const boxPath = (id: string, soundbox: string) => ({ params: { path: { id, soundbox } } });

export const readBoxes = (id: string): Promise<Soundbox[]> =>
  askItems(api.GET('/api/v1/stalls/{id}/soundboxes', { params: { path: { id } } }));

export const pairBox = (id: string, body: { code: string; name: string }): Promise<Soundbox> =>
  ask(api.POST('/api/v1/stalls/{id}/soundboxes', { params: { path: { id } }, body }));

export const setSpeaks = (id: string, box: string, speaks: boolean): Promise<unknown> =>
  ask(api.PATCH('/api/v1/stalls/{id}/soundboxes/{soundbox}', { ...boxPath(id, box), body: { speaks } }));

export const removeBox = (id: string, box: string): Promise<unknown> =>
  ask(api.DELETE('/api/v1/stalls/{id}/soundboxes/{soundbox}', boxPath(id, box)));

/** connectionText returns whether a box is connected, or since when it is not. */
export function connectionText(box: Soundbox): string {
  if (box.connected) return t('Đang nối mạng', 'Connected');
  if (box.seen_at === box.paired_at) return t('Đang chờ loa nối lại…', 'Waiting for it to connect…');
  return t(
    `Mất liên lạc từ ${day(box.seen_at)} ${clock(box.seen_at)}`,
    `Not heard of since ${day(box.seen_at)} ${clock(box.seen_at)}`,
  );
}

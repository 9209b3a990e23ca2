// How late a report is, in words.
import { t } from '../../../lib/language.svelte';
import { quantity } from '../../format';

/** Up to this many hours lateness is counted in hours, then in days. */
const inHours = 48;

/** lateText returns by how much a report is late; a day that began counts. */
export function lateText(hours: number): string {
  const late = t('trễ', 'late by');
  if (hours < inHours) return `${late} ${hours} ${t('giờ', 'hours')}`;
  return `${late} ${quantity(Math.ceil(hours / 24))} ${t('ngày', 'days')}`;
}

// Days and months as people write them.

/** "2026-10-31" → "31/10/2026" */
export const written = (day: string): string => day.split('-').reverse().join('/');

/** dayOf reads "31/10/2026", "31-10-2026" or "2026-10-31"; undefined when it is no day. */
export function dayOf(text: string): string | undefined {
  const given = text.trim();
  if (given === '') return '';
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(given);
  const vi = /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})$/.exec(given);
  const [year, month, day] = iso ? [iso[1], iso[2], iso[3]] : vi ? [vi[3], vi[2], vi[1]] : [];
  if (!year || !month || !day) return undefined;
  const found = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const real = new Date(`${found}T00:00:00Z`);
  return Number.isNaN(real.getTime()) || real.toISOString().slice(0, 10) !== found ? undefined : found;
}

/** addMonths counts months on: ("2026-10", -1) → "2026-09". */
export function addMonths(month: string, n: number): string {
  const at = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + n;
  return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`;
}

/** lastEnd is the last month that had ended at 00:00 of a day: what a trend up to that day ends with. */
export const lastEnd = (day: string): string => addMonths(day.slice(0, 7), -1);

/** dayAfter is the day after the last one of a month or quarter ("2026-10", "2026-Q3"): on it the state is taken. */
export function dayAfter(period: string): string {
  const quarter = /^(\d{4})-Q([1-4])$/.exec(period);
  return `${quarter ? addMonths(`${quarter[1]}-${String(3 * Number(quarter[2])).padStart(2, '0')}`, 1) : addMonths(period, 1)}-01`;
}

/** periods are the last months or quarters that ended before a day, newest first. */
export function periods(kind: 'month' | 'quarter', today: string, count: number): string[] {
  const found: string[] = [];
  for (let month = addMonths(today.slice(0, 7), -1); found.length < count; month = addMonths(month, -1)) {
    const number = Number(month.slice(5, 7));
    if (kind === 'month') found.push(month);
    else if (number % 3 === 0) found.push(`${month.slice(0, 4)}-Q${number / 3}`);
  }
  return found;
}

/** "2026-10" → "10/2026"; "2026-Q3" → "quý III/2026", in English "quarter 3/2026", by the word for quarter. */
export function periodName(period: string, quarter: string): string {
  const [year, rest = ''] = period.split('-');
  if (!rest.startsWith('Q')) return `${rest}/${year}`;
  const number = quarter === 'quý' ? ['I', 'II', 'III', 'IV'][Number(rest.slice(1)) - 1] : rest.slice(1);
  return `${quarter} ${number}/${year}`;
}

// What the stall hears, as names of recorded clips: the same sentences as words.go, by the same table (words.json).
import table from './words.json';

const words: Record<string, string> = table.clips;

const billion = 1_000_000_000n;
const groups: [bigint, string][] = [
  [1_000_000n, 'million'],
  [1000n, 'thousand'],
  [1n, ''],
];

/** The clips of a number from 0 on. */
export function number(n: bigint): string[] {
  return n === 0n ? ['0'] : grouped(n, false);
}

function grouped(n: bigint, after: boolean): string[] {
  const said: string[] = [];
  if (n >= billion) {
    said.push(...grouped(n / billion, after), 'billion');
    after = true;
    n %= billion;
  }
  for (const [size, name] of groups) {
    const part = Number((n / size) % 1000n);
    if (part === 0) continue;
    said.push(...hundreds(part, after));
    if (name) said.push(name);
    after = true;
  }
  return said;
}

/** 1 to 999; after a higher group, its hundreds are named even where there are none. */
function hundreds(n: number, after: boolean): string[] {
  const [h, t, u] = [Math.floor(n / 100), Math.floor(n / 10) % 10, n % 10];
  const said: string[] = [];
  if (h > 0 || after) said.push(String(h), 'hundred');
  if (t === 0) {
    if (u > 0) said.push(...(said.length ? ['and'] : []), String(u));
    return said;
  }
  said.push(...(t === 1 ? ['ten'] : [String(t), 'tens']));
  if (u === 1 && t > 1) said.push('one_after_tens');
  else if (u === 5) said.push('five_after_tens');
  else if (u > 0) said.push(String(u));
  return said;
}

/** The amount in đồng below which money is announced by an alarm: a known fraud pays 200 đ for 200.000 đ. */
export const smallAmount = 1000n;

/** So many đồng came. */
export function received(dong: bigint): string[] {
  const small = dong < smallAmount;
  return [small ? 'alarm' : 'chime', small ? 'only' : 'received', ...number(dong), 'dong'];
}

/** Money came that was sent at an earlier time of the day, in Vietnam. */
export function late(dong: bigint, hour: number, minute: number): string[] {
  return [...received(dong), 'at', ...number(BigInt(hour)), 'hour', ...(minute > 0 ? number(BigInt(minute)) : [])];
}

/** How many payments came and what they are together. */
export function several(payments: number, dong: bigint): string[] {
  return ['chime', 'have', ...number(BigInt(payments)), 'payments', 'total', ...number(dong), 'dong'];
}

/** A payment was reversed. */
export function takenBack(dong: bigint): string[] {
  return ['correction', 'taken_back', ...number(dong), 'dong'];
}

/** What came is not what was to be collected; missing is what is still to come, 0 or less where it was too much. */
export function differs(dong: bigint, missing: bigint): string[] {
  const began = dong < smallAmount ? ['only'] : ['different', 'received'];
  return [
    'alarm',
    ...began,
    ...number(dong),
    'dong',
    ...(missing > 0n ? ['missing', ...number(missing), 'dong'] : ['over']),
  ];
}

/** The day's end. */
export function closing(payments: number, dong: bigint): string[] {
  return ['today', 'have', ...number(BigInt(payments)), 'payments', 'total', ...number(dong), 'dong'];
}

/** What clips say; tones say nothing. */
export function text(clips: string[]): string {
  return clips
    .map((name) => words[name])
    .filter(Boolean)
    .join(' ');
}

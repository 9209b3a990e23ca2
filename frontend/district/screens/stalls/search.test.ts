import { expect, it } from 'vitest';
import type { Stall } from '../../../lib/client';
import { matches } from './search';

const stall = {
  number: 'A-12',
  zone: 'Khu cá',
  state: 'operating',
  goods_group: 'hai_san',
  merchant: { full_name: 'Trần Thị Đào', household_name: 'Hải sản Đào' },
} as unknown as Stall;

it.each(['', 'a-12', 'khu ca', 'tran thi dao', 'HẢI SẢN'])('“%s” finds the stall', (sought) =>
  expect(matches(stall, { sought, state: '' })).toBe(true),
);
it('looks at the state', () => {
  expect(matches(stall, { sought: 'a-12', state: 'operating' })).toBe(true);
  expect(matches(stall, { sought: 'a-12', state: 'closed' })).toBe(false);
});
it('finds nothing else', () => expect(matches(stall, { sought: 'b-12', state: '' })).toBe(false));

import { expect, it } from 'vitest';
import { strataOf } from './strata';

it('reads the hours of strata', () =>
  expect(strataOf(' 5-9,9-12 ,')).toEqual([
    { stratum: '5-9 giờ', hours: [5, 9] },
    { stratum: '9-12 giờ', hours: [9, 12] },
  ]));
it('leaves what is no hour to the server', () =>
  expect(strataOf('sáng')).toEqual([{ stratum: 'sáng giờ', hours: [NaN] }]));

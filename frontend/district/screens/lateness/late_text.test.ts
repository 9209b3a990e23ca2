import { expect, it } from 'vitest';
import { lateText } from './late_text';

it.each([
  [1, 'trễ 1 giờ'],
  [47, 'trễ 47 giờ'],
  [48, 'trễ 2 ngày'],
  [49, 'trễ 3 ngày'],
  [24_000, 'trễ 1.000 ngày'],
])('%i hours are “%s”', (hours, text) => expect(lateText(hours)).toBe(text));

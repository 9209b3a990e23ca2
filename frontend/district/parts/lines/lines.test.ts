import { describe, expect, it } from 'vitest';
import { daysOf, Frame, goalsOf, height, lastKnown, type Series } from './lines';

const series = (...values: (string | null)[]): Series => ({
  name: 'I05',
  points: values.map((value, i) => ({
    as_of: `2026-0${i + 1}-01`,
    figure: { value, numerator: 1, denominator: 2, evidence: null, suppressed: false, definition: 1 },
    target: { value: i < 2 ? '0.5000' : '0.8000', due_on: '2026-12-31' },
  })),
});
const frame = (s: Series, width = 700) =>
  new Frame(
    daysOf([s]),
    s.points.map((p) => p.figure.value),
    width,
    'share',
  );

describe('a chart of values over time', () => {
  it('joins the days of a target, and parts two targets', () =>
    expect(goalsOf([series('0.1', '0.2', '0.3', '0.4')]).map(({ value, from, to }) => [value, from, to])).toEqual([
      ['0.5000', '2026-01-01', '2026-02-01'],
      ['0.8000', '2026-03-01', '2026-04-01'],
    ]));

  it('lets the lines of two targets meet between their days', () => {
    const s = series('0.1', '0.2', '0.3', '0.4');
    const [first, second] = frame(s).goalLines(goalsOf([s]));
    expect(first!.x2).toBe(second!.x1);
    expect(first!.y).toBeGreaterThan(second!.y);
  });

  it('has a gap where a value is unknown', () =>
    expect(frame(series('0.1', '0.2', null, '0.4')).path(series('0.1', '0.2', null, '0.4'))).toMatch(
      /^M[\d. ]+L[\d. ]+M[\d. ]+$/,
    ));

  it('draws nothing of a series without values', () => expect(frame(series(null, null)).path(series(null))).toBe(''));

  it('labels the last day, and fewer days where there is less room', () => {
    const s = series('0.1', '0.2', '0.3', '0.4');
    expect(frame(s).labelledDays()).toHaveLength(4);
    expect(frame(s, 200).labelledDays()).toEqual(['2026-02-01', '2026-04-01']);
  });

  it('has its values inside its height', () => {
    const f = frame(series('0.0', '1.0'));
    expect([f.y('0.0'), f.y('1.0')]).toEqual([height - 26, 10]);
  });

  it('ends with the last known value', () => expect(lastKnown([series('0.1', '0.2', null)])?.as_of).toBe('2026-02-01'));
});

// What a chart of values over time is made of: its days, its targets, and where they are drawn.
import type { Figure, Revised, Unit } from '../../figures';
import { axis, type Scale } from '../../scale';

/** Point is a value of a day, with the target of that day. */
export interface Point {
  as_of: string;
  figure: Figure;
  target?: { value: string; due_on: string } | null;
  revised?: Revised | null;
}

export interface Series {
  name: string;
  points: Point[];
}

/** Goal is a target with the first and the last day on which it was the one to reach. */
export interface Goal {
  value: string;
  due_on: string;
  from: string;
  to: string;
}

/** daysOf returns the days of all series, oldest first. */
export const daysOf = (series: Series[]): string[] =>
  [...new Set(series.flatMap((s) => s.points.map((p) => p.as_of)))].sort();

/** goalsOf returns the targets of the first series. */
export function goalsOf(series: Series[]): Goal[] {
  const found: Goal[] = [];
  for (const { as_of, target } of series[0]?.points ?? []) {
    if (!target) continue;
    const last = found.at(-1);
    if (last?.value === target.value && last.due_on === target.due_on) last.to = as_of;
    else found.push({ ...target, from: as_of, to: as_of });
  }
  return found;
}

/** lastKnown returns the last point of the first series that has a value. */
export const lastKnown = (series: Series[]): Point | undefined =>
  series[0]?.points.findLast((p) => p.figure.value !== null);

/** hasHidden reports whether a value of a series is hidden. */
export const hasHidden = (series: Series[]): boolean => series.some((s) => s.points.some((p) => p.figure.suppressed));

/** height is the height of a chart; the other sizes are its margins. All are in pixels. */
export const height = 240;
export const left = 62;
const right = 30;
const bottom = 26;
const top = 10;
const inset = 8;
/** The width of the label of a day. */
const labelWidth = 64;

/** Frame is a chart of some width: its scale, and where days and values lie in it. */
export class Frame {
  readonly scale: Scale;

  constructor(
    readonly days: string[],
    values: (string | null)[],
    readonly width: number,
    unit: Unit,
  ) {
    this.scale = axis(values.filter((v) => v !== null).map(Number), unit);
  }

  /** x returns where a day lies. */
  x(day: string): number {
    const gaps = this.days.length - 1;
    return left + inset + (gaps > 0 ? (this.days.indexOf(day) * (this.width - left - inset - right)) / gaps : 0);
  }

  /** y returns where a value lies. */
  y(value: string | number): number {
    const { top: highest, bottom: lowest } = this.scale;
    return top + ((height - bottom - top) * (highest - Number(value))) / (highest - lowest);
  }

  /** labelledDays returns the days whose labels fit into the width, the last one among them. */
  labelledDays(): string[] {
    const count = this.days.length;
    const fit = Math.max(2, Math.floor((this.width - left) / labelWidth));
    const every = Math.max(1, Math.ceil(count / fit));
    return this.days.filter((_, i) => (count - 1 - i) % every === 0);
  }

  /** path draws the line of a series, with a gap where a value is hidden or unknown. */
  path({ points }: Series): string {
    let d = '';
    let isDrawing = false;
    for (const { as_of, figure } of points) {
      if (figure.value !== null)
        d += `${isDrawing ? 'L' : 'M'}${this.x(as_of).toFixed(1)} ${this.y(figure.value).toFixed(1)}`;
      isDrawing = figure.value !== null;
    }
    return d;
  }

  /** goalLines returns targets with the ends of their lines: two lines meet between their days. */
  goalLines(goals: Goal[]): (Goal & { x1: number; x2: number; y: number })[] {
    const between = (before: Goal, after: Goal) => (this.x(before.to) + this.x(after.from)) / 2;
    return goals.map((goal, i) => {
      const [before, after] = [goals[i - 1], goals[i + 1]];
      return {
        ...goal,
        x1: before ? between(before, goal) : this.x(goal.from) - inset,
        x2: after ? between(goal, after) : this.x(goal.to) + right,
        y: this.y(goal.value),
      };
    });
  }
}

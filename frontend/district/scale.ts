// The scale of a chart's values.
import type { Unit } from './figures';

export interface Scale {
  bottom: number;
  top: number;
  ticks: number[];
}

/** axis is a scale from 0 with three to six round steps that holds all numbers; shares end at 1, points may lie below 0. */
export function axis(numbers: number[], unit: Unit): Scale {
  const lowest = Math.min(0, ...numbers);
  const highest = Math.max(0, ...numbers) || (lowest ? 0 : 1);
  const span = highest - lowest;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough - 1e-12)!;
  const top =
    unit === 'share' && highest <= 1
      ? Math.min(1, Math.ceil(highest / step - 1e-9) * step)
      : Math.ceil(highest / step - 1e-9) * step;
  const bottom = Math.floor(lowest / step + 1e-9) * step;
  const ticks = [];
  for (let i = Math.round(bottom / step); i * step <= top + 1e-9; i++) ticks.push(Number((i * step).toPrecision(6)));
  return { bottom, top: Math.max(top, bottom + step), ticks };
}

import type { AnalysisChart } from '../../api/types';

/** A line of values onto a line of pixels. */
export interface Scale {
  from: number;
  to: number;
  start: number;
  end: number;
}

export function place(scale: Scale, value: number): number {
  if (scale.to === scale.from) return (scale.start + scale.end) / 2;
  return scale.start + ((value - scale.from) / (scale.to - scale.from)) * (scale.end - scale.start);
}

/** Round numbers within a range, about as many as wanted (at least two). */
export function ticks(from: number, to: number, wanted: number): number[] {
  const raw = (to - from) / Math.max(1, wanted);
  if (!(raw > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/**
 * What the vertical axis covers. Where more is worse it begins at 0, so that a harmless ripple looks harmless; where
 * less is worse, such as a success rate near 100 %, it begins below the lowest value.
 */
export function valueRange(chart: Pick<AnalysisChart, 'series' | 'limit' | 'worse' | 'unit'>): [number, number] {
  const values = chart.series.flatMap((series) => series.points.flatMap((point) => (point.v === null ? [] : [point.v])));
  if (chart.limit !== undefined) values.push(chart.limit);
  if (values.length === 0) return [0, 1];
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (chart.worse === 'Higher' && low >= 0) return [0, high > 0 ? high * 1.12 : 1];
  const room = (high - low || Math.abs(high) || 1) * 0.15;
  const top = high + room;
  return [low - room, chart.unit === '%' && high <= 100 ? Math.min(100, top) : top];
}

interface Point {
  t: number;
  v: number | null;
}

/** The path of a series; a value that lacks is a gap, and one that stands alone is a dot. */
export function linePath(points: readonly Point[], x: Scale, y: Scale): string {
  let path = '';
  let drawing = false;
  points.forEach((point, i) => {
    if (point.v === null) {
      drawing = false;
      return;
    }
    const at = `${place(x, point.t).toFixed(1)} ${place(y, point.v).toFixed(1)}`;
    path += `${drawing ? 'L' : 'M'}${at}`;
    if (!drawing && points[i + 1]?.v == null) path += 'h0.01';
    drawing = true;
  });
  return path;
}

/** The point nearest to a time, of points in the order of time. */
export function nearest(points: readonly Point[], time: number): Point | undefined {
  return points.reduce<Point | undefined>((best, point) => (best === undefined || Math.abs(point.t - time) < Math.abs(best.t - time) ? point : best), undefined);
}

/** A value with its unit, as short as it can be told from others. */
export function formatValue(value: number, unit: string): string {
  // Between 99.5 % and 99.95 % lies a world.
  const digits = unit === '%' && value > 95 && value < 100 ? 2 : value === 0 ? 0 : Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3;
  const number = Number(value.toFixed(digits)).toLocaleString('en', { maximumFractionDigits: digits });
  return unit ? `${number} ${unit}` : number;
}

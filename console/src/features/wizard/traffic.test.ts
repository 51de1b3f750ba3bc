import { describe, expect, it } from 'vitest';
import { toInput, type Step } from './steps';
import { stages } from './traffic';

const draw = (steps: Step[]) => stages(toInput(steps));

describe('stages', () => {
  it('fill the width from left to right, and end with all requests', () => {
    const all = draw([{ weight: 10, wait: '5m' }, { weight: 30 }, { weight: 60, wait: '1h' }]);
    let edge = 0;
    for (const stage of all) {
      expect(stage.start).toBeCloseTo(edge);
      edge += stage.width;
    }
    expect(edge).toBeCloseTo(1);
    expect(all.map((stage) => stage.weight)).toEqual([10, 30, 60, 100]);
    expect(all.map((stage) => stage.endsBy)).toEqual(['time', 'person', 'time', 'nothing']);
  });

  it('sum the time before each, and the people it depends on', () => {
    const all = draw([{ weight: 10, wait: '5m' }, { weight: 30 }, { weight: 60, wait: '1h' }]);
    expect(all.map(({ after, persons }) => [after, persons])).toEqual([[0, 0], [300_000, 0], [300_000, 1], [3_900_000, 1]]);
  });

  it('keep a minute readable beside a month', () => {
    const [minute, month] = draw([{ weight: 10, wait: '1m' }, { weight: 30, wait: '720h' }]);
    expect(minute?.width).toBeGreaterThan(0.1);
    expect(month?.width).toBeGreaterThan(minute?.width ?? 1);
  });

  it('stay inside the drawing while a weight is half typed', () => {
    const typed = toInput([{ weight: 1000, wait: '1m' }, { weight: 30 }]).map((s, i) => (i === 1 ? { ...s, weight: null } : s));
    expect(stages(typed).map((stage) => stage.weight)).toEqual([100, 0, 100]);
  });

  it('show all requests alone when there is no step', () => {
    expect(draw([])).toEqual([
      { id: 'all', weight: 100, start: 0, width: 1, endsBy: 'nothing', milliseconds: 0, after: 0, persons: 0 },
    ]);
  });
});

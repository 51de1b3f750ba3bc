import { useEffect, useId, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { AnalysisChart } from '../../api/types';
import { useLanguage, useMessages } from '../../app/i18n';
import { releaseMessages } from '../../components/release/messages';
import styles from './chart.module.css';
import { detailMessages } from './messages';
import { formatValue, linePath, nearest, place, ticks, valueRange, type Scale } from './scale';

const height = 170;
const edge = { left: 52, right: 14, top: 14, bottom: 24 };

interface Props {
  chart: AnalysisChart;
  /** Seconds since 1970. */
  from: number;
  to: number;
  /** When the verdict fell, in seconds since 1970. */
  verdictAt: number | null;
  failed: boolean;
}

/** A metric over time: the canary in its colour over the stable version in grey, the limit as a line, the verdict as a flag. */
export function Chart({ chart, from, to, verdictAt, failed }: Props) {
  const words = useMessages(detailMessages);
  const release = useMessages(releaseMessages);
  const language = useLanguage();
  const [box, width] = useWidth();
  const title = words.chartTitle(chart.title);
  const [cursor, setCursor] = useState<number | null>(null);
  const heading = useId();

  const canary = chart.series.find((series) => series.version === 'Canary')?.points ?? [];
  const stable = chart.series.find((series) => series.version === 'Stable')?.points ?? [];
  const [low, high] = valueRange(chart);
  const x: Scale = { from, to, start: edge.left, end: Math.max(edge.left + 1, width - edge.right) };
  const y: Scale = { from: low, to: high, start: height - edge.bottom, end: edge.top };
  const clock = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { hour: '2-digit', minute: '2-digit', second: to - from < 600 ? '2-digit' : undefined });

  const at = cursor ?? latest(canary) ?? latest(stable) ?? to;
  const canaryNow = nearest(canary, at)?.v ?? null;
  const stableNow = nearest(stable, at)?.v ?? null;
  const told = (value: number | null) => (value === null ? words.noValue : formatValue(value, chart.unit));
  const empty = canary.every((point) => point.v === null) && stable.every((point) => point.v === null);

  const move = (event: PointerEvent<SVGSVGElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setCursor(Math.min(to, Math.max(from, from + ((left - x.start) / (x.end - x.start)) * (to - from))));
  };
  const step = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    setCursor(Math.min(to, Math.max(from, at + (by * (to - from)) / 60)));
  };

  return (
    <figure className={styles.figure} ref={box} aria-labelledby={heading}>
      <figcaption className={styles.caption}>
        <h3 id={heading}>{title}</h3>
        {!empty && (
          <p className={styles.values} aria-live={cursor === null ? undefined : 'polite'}>
            <span className="soft">{clock.format(at * 1_000)}</span>
            <span className={styles.canaryValue}>
              {release.canary} {told(canaryNow)}
            </span>
            <span className={styles.stableValue}>
              {release.stable} {told(stableNow)}
            </span>
          </p>
        )}
      </figcaption>
      {empty ? (
        <p className={styles.empty}>{chart.problem || words.noData}</p>
      ) : (
        // The drawing answers to arrow keys as it does to the pointer.
        <svg
          className={styles.chart}
          width={width}
          height={height}
          role="img"
          tabIndex={0}
          aria-label={words.chartSummary(title, told(canaryNow), stable.length > 0 ? told(stableNow) : '', chart.limit === undefined ? '' : formatValue(chart.limit, chart.unit))}
          onPointerMove={move}
          onPointerLeave={() => setCursor(null)}
          onKeyDown={step}
          onBlur={() => setCursor(null)}
        >
          {ticks(low, high, 4).map((value) => (
            <g key={value} className={styles.tick}>
              <line x1={x.start} x2={x.end} y1={place(y, value)} y2={place(y, value)} />
              <text x={x.start - 8} y={place(y, value)} dy="0.32em" textAnchor="end">
                {formatValue(value, '')}
              </text>
            </g>
          ))}
          {timeTicks(from, to, width).map((time) => (
            <text key={time} className={styles.time} x={place(x, time)} y={height - 6} textAnchor="middle">
              {clock.format(time * 1_000)}
            </text>
          ))}
          {chart.limit !== undefined && (
            <g className={styles.limit}>
              <line x1={x.start} x2={x.end} y1={place(y, chart.limit)} y2={place(y, chart.limit)} />
              {/* Below the line where there is no room above it. */}
              <text x={x.end} y={place(y, chart.limit) + (place(y, chart.limit) < edge.top + 24 ? 15 : -5)} textAnchor="end">
                {words.limit} {formatValue(chart.limit, chart.unit)}
              </text>
            </g>
          )}
          <path className={styles.stable} d={linePath(stable, x, y)} />
          <path className={styles.canary} d={linePath(canary, x, y)} />
          {verdictAt !== null && verdictAt >= from && verdictAt <= to && <Flag x={place(x, verdictAt)} failed={failed} />}
          {cursor !== null && <line className={styles.cursor} x1={place(x, cursor)} x2={place(x, cursor)} y1={edge.top} y2={height - edge.bottom} />}
        </svg>
      )}
    </figure>
  );
}

function Flag({ x, failed }: { x: number; failed: boolean }) {
  return (
    <g className={styles.flag} data-failed={failed || undefined}>
      <line x1={x} x2={x} y1={2} y2={height - edge.bottom} />
      <path d={`M${x} 2h13l-4 5 4 5H${x}z`} />
    </g>
  );
}

function latest(points: readonly { t: number; v: number | null }[]): number | undefined {
  return points.findLast((point) => point.v !== null)?.t;
}

// Times that people like to read, at least 90 pixels apart.
function timeTicks(from: number, to: number, width: number): number[] {
  const room = Math.max(1, Math.floor((width - edge.left - edge.right) / 90));
  const step = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800].find((one) => (to - from) / one <= room) ?? 2_592_000;
  const result = [];
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) result.push(time);
  return result;
}

function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(560);
  const frame = useRef(0);
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      cancelAnimationFrame(frame.current);
      frame.current = requestAnimationFrame(() => entry && setWidth(Math.floor(entry.contentRect.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}

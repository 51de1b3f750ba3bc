import { memo } from 'react';
import type { TaskRow } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { releaseMessages } from './messages';
import { standingOf, type Standing } from './standing';
import styles from './track.module.css';

const width = 112;
const height = 16;
// More steps than this don't fit as dots: they become one line that fills.
const mostDots = 12;

/** The steps of a release as a small drawing: filled is done, half is where it stands, hollow is to come. */
export const Track = memo(function Track({ task }: { task: Pick<TaskRow, 'phase' | 'step' | 'steps'> }) {
  const words = useMessages(releaseMessages);
  const standing = standingOf(task);
  const label = standing.current === null ? words.stepsNone(standing.count) : words.stepLabel(standing.current, standing.count);
  return (
    <svg className={styles.track} data-kind={standing.kind} width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {standing.count > mostDots ? <Line standing={standing} /> : <Dots standing={standing} />}
    </svg>
  );
});

function Dots({ standing: { done, current, count } }: { standing: Standing }) {
  const r = 4.5;
  const edge = r + 1.5;
  const gap = count > 1 ? (width - 2 * edge) / (count - 1) : 0;
  const middle = height / 2;
  const x = (index: number) => edge + index * gap;
  return (
    <>
      {Array.from({ length: Math.max(0, count - 1) }, (_, i) => (
        <line key={i} x1={x(i) + r} x2={x(i + 1) - r} y1={middle} y2={middle} className={i + 1 < done + (current === null ? 0 : 1) ? styles.passed : styles.ahead} />
      ))}
      {Array.from({ length: count }, (_, i) => (
        <g key={i} className={i < done ? styles.done : i + 1 === current ? styles.current : styles.coming}>
          <circle cx={x(i)} cy={middle} r={r} />
          {i + 1 === current && <path d={`M${x(i)} ${middle - r} a${r} ${r} 0 0 0 0 ${2 * r} z`} />}
        </g>
      ))}
    </>
  );
}

function Line({ standing: { done, current, count } }: { standing: Standing }) {
  const filled = ((done + (current === null ? 0 : 0.5)) / count) * (width - 4);
  const middle = height / 2;
  return (
    <>
      <line x1={2} x2={width - 2} y1={middle} y2={middle} className={styles.ahead} />
      {filled > 0 && <line x1={2} x2={2 + filled} y1={middle} y2={middle} className={styles.passed} />}
      {current !== null && (
        <g className={styles.done}>
          <circle cx={2 + filled} cy={middle} r={4.5} />
        </g>
      )}
    </>
  );
}

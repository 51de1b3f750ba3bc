import { memo } from 'react';
import { Link } from 'react-router';
import type { TaskRow } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { taskId, taskPath } from '../../components/release/paths';
import { Since } from '../../components/time';
import styles from './cards.module.css';
import { listMessages } from './messages';
import { Progress } from './progress';
import { Place, RowActions, Stale, VersionCell, type RowHandlers } from './table';

/** The rows of the list as they fit a phone. */
export function Cards({ rows, marked, ...handlers }: { rows: readonly TaskRow[]; marked: string | null } & RowHandlers) {
  const words = useMessages(listMessages);
  return (
    <ul className={styles.cards} aria-label={words.caption}>
      {rows.map((row) => (
        <Card key={taskId(row)} task={row} marked={marked === taskId(row)} {...handlers} />
      ))}
    </ul>
  );
}

const Card = memo(function Card({ task, marked, openMenu, continueTask }: { task: TaskRow; marked: boolean } & RowHandlers) {
  return (
    <li className={`card ${styles.card}`} data-marked={marked || undefined}>
      <div className={styles.head}>
        <Link to={taskPath(task)} className={styles.name}>
          {task.name}
        </Link>
        <RowActions task={task} openMenu={openMenu} continueTask={continueTask} />
      </div>
      {task.stale && <Stale />}
      <Progress task={task} />
      <div className={styles.versions}>
        <VersionCell task={task} />
      </div>
      <div className={styles.foot}>
        <Place task={task} />
        <Since time={task.since} />
      </div>
    </li>
  );
});

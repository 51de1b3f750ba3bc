import { CaretDownFilled, CaretUpFilled, MoreOutlined, WarningOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { memo, useDeferredValue, type MouseEvent, type ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import type { TaskRow } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { actionMessages } from '../../components/release/action-messages';
import { releaseMessages } from '../../components/release/messages';
import { taskId, taskPath } from '../../components/release/paths';
import { imageList, shortImage, Versions } from '../../components/release/version';
import { Since } from '../../components/time';
import type { Filters, Sort } from './filters';
import { listMessages } from './messages';
import { Progress } from './progress';
import styles from './table.module.css';

export interface RowHandlers {
  /** Opens the menu of a row beside the button that asked for it. */
  openMenu: (task: TaskRow, button: HTMLElement) => void;
  continueTask: (task: TaskRow) => void;
}

interface Props extends RowHandlers {
  rows: readonly TaskRow[];
  filters: Filters;
  sortBy: (sort: Sort) => void;
  /** The row of a task that the person has just created or updated. */
  marked: string | null;
}

export function Table({ rows, filters, sortBy, marked, ...handlers }: Props) {
  const words = useMessages(listMessages);
  const navigate = useNavigate();
  const drawn = useDeferredValue(rows);
  const header = (sort: Sort, name: string) => <SortButton sort={sort} name={name} filters={filters} sortBy={sortBy} />;
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">{words.caption}</caption>
      <thead>
        <tr>
          <th scope="col" className={styles.name} aria-sort={ariaSort(filters, 'name')}>
            {header('name', words.columns.name)}
          </th>
          <th scope="col" className={styles.workload} aria-sort={ariaSort(filters, 'workload')}>
            {header('workload', words.columns.workload)}
          </th>
          <th scope="col" className={styles.where} aria-sort={ariaSort(filters, 'cluster')}>
            {header('cluster', words.columns.where)}
          </th>
          <th scope="col" aria-sort={ariaSort(filters, 'attention')}>
            {header('attention', words.columns.progress)}
          </th>
          <th scope="col" className={styles.version}>
            {words.columns.version}
          </th>
          <th scope="col" className={styles.since} aria-sort={ariaSort(filters, 'since')}>
            {header('since', words.columns.since)}
          </th>
          <th scope="col" className={styles.actions}>
            <span className="visually-hidden">{words.columns.actions}</span>
          </th>
        </tr>
      </thead>
      {/* A convenience for the mouse; keyboards and screen readers have the link in the first column. */}
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions */}
      <tbody onClick={(event) => openRow(event, (path) => void navigate(path))}>
        <Rows rows={drawn} marked={marked} {...handlers} />
      </tbody>
    </table>
  );
}

// Many rows that change at once are drawn in slices: the page goes on scrolling and answering meanwhile.
const Rows = memo(function Rows({ rows, marked, ...handlers }: Pick<Props, 'rows' | 'marked'> & RowHandlers) {
  return rows.map((row) => <Row key={taskId(row)} task={row} marked={marked === taskId(row)} {...handlers} />);
});

function openRow(event: MouseEvent, open: (path: string) => void) {
  const target = event.target as Element;
  if (target.closest('a, button') || window.getSelection()?.isCollapsed === false) return;
  const path = target.closest('tr')?.dataset.path;
  if (path) open(path);
}

const Row = memo(function Row({ task, marked, openMenu, continueTask }: { task: TaskRow; marked: boolean } & RowHandlers) {
  const path = taskPath(task);
  return (
    <tr data-path={path} data-marked={marked || undefined} data-waits={task.waitsForMe || undefined} className={styles.row}>
      <th scope="row" className={styles.name}>
        <Link to={path} className={`${styles.link} one-line`} title={task.name}>
          {task.name}
        </Link>
        {task.stale && <Stale />}
      </th>
      <td className={styles.workload}>
        <div className="one-line" title={task.workload.name}>
          {task.workload.name}
        </div>
        <div className={styles.image}>{task.workload.kind ?? 'Deployment'}</div>
      </td>
      <td className={styles.where}>
        <Place task={task} />
      </td>
      <td>
        <Progress task={task} />
      </td>
      <td className={styles.version}>
        <VersionCell task={task} />
      </td>
      <td className={styles.since}>
        <Since time={task.since} bare />
      </td>
      <td className={styles.actions}>
        <RowActions task={task} openMenu={openMenu} continueTask={continueTask} />
      </td>
    </tr>
  );
});

export function RowActions({ task, openMenu, continueTask }: { task: TaskRow } & RowHandlers) {
  const words = useMessages(listMessages);
  const action = useMessages(actionMessages);
  return (
    <span className={styles.buttons}>
      {task.waitsForMe && (
        <Button size="small" onClick={() => continueTask(task)} aria-label={action.title.Continue(task.name)}>
          {action.confirm.Continue}
        </Button>
      )}
      <Button
        type="text"
        size="small"
        icon={<MoreOutlined />}
        aria-label={words.actionsOf(task.name)}
        aria-haspopup="menu"
        onClick={(event) => openMenu(task, event.currentTarget)}
      />
    </span>
  );
}

export function Place({ task }: { task: TaskRow }): ReactNode {
  return (
    <div className={styles.place} title={`${task.cluster} / ${task.namespace}`}>
      <span className="one-line">{task.cluster}</span> <span className={styles.slash}>/</span> <span className={`${styles.namespace} one-line`}>{task.namespace}</span>
    </div>
  );
}

export function VersionCell({ task }: { task: TaskRow }) {
  // What went back serves nobody.
  const shown = (task.phase === 'Failed' || task.phase === 'Terminated' ? task.stable : task.canary) ?? task.stable;
  return (
    <>
      <div className="one-line">
        <Versions task={task} />
      </div>
      {shown && (
        <div className={`${styles.image} one-line`} title={imageList(shown.containers)}>
          {shown.containers.map((container) => shortImage(container.image)).join(', ')}
        </div>
      )}
    </>
  );
}

export function Stale() {
  const release = useMessages(releaseMessages);
  return (
    <span className={styles.stale}>
      <WarningOutlined aria-hidden /> {release.stale}
    </span>
  );
}

function SortButton({ sort, name, filters, sortBy }: { sort: Sort; name: string; filters: Filters; sortBy: (sort: Sort) => void }) {
  const words = useMessages(listMessages);
  const active = filters.sort === sort;
  return (
    <button type="button" className={styles.sort} data-active={active || undefined} title={words.sortBy(name)} onClick={() => sortBy(sort)}>
      {name}
      {active && (filters.order === 'desc' ? <CaretDownFilled aria-hidden /> : <CaretUpFilled aria-hidden />)}
    </button>
  );
}

function ariaSort(filters: Filters, sort: Sort): 'ascending' | 'descending' | undefined {
  if (filters.sort !== sort) return undefined;
  return filters.order === 'desc' ? 'descending' : 'ascending';
}

import { Button } from 'antd';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { Link } from 'react-router';
import type { TaskRow } from '../../api/types';
import { LoadError } from '../../app/errors';
import { useLanguage, useMessages } from '../../app/i18n';
import { useWorkspaceScope } from '../../app/scope';
import { LiveMark } from '../../components/live-mark';
import { Page } from '../../components/page';
import { actionMessages } from '../../components/release/action-messages';
import type { Asked } from '../../components/release/effects';
import { releaseMessages } from '../../components/release/messages';
import { taskId, taskPath } from '../../components/release/paths';
import { sentences } from '../../components/release/standing';
import { Track } from '../../components/release/track';
import { Versions } from '../../components/release/version';
import { Since } from '../../components/time';
import styles from './approvals.module.css';
import { defaults, type Filters } from './filters';
import { listMessages } from './messages';
import { Pager } from './pager';
import { RowMenu } from './row-menu';
import { Loading, Notice } from './states';
import { Place, Stale } from './table';
import { useList } from './use-list';

const ActionDialog = lazy(async () => ({ default: (await import('../../components/release/action-dialog')).ActionDialog }));

/** The releases that wait for this person, the longest first, each with what it is about. */
export function ApprovalsPage() {
  const words = useMessages(listMessages);
  const [workspace] = useWorkspaceScope();
  const [page, setPage] = useState({ page: 1, pageSize: defaults.pageSize });
  const filters = useMemo<Filters>(() => ({ ...defaults, workspace: workspace ?? '', waitsForMe: true, ...page }), [workspace, page]);
  const [pointed, setPointed] = useState(false);
  const [menu, setMenu] = useState<{ task: TaskRow; button: HTMLElement } | null>(null);
  const [asked, setAsked] = useState<{ type: Asked; task: TaskRow } | null>(null);
  const { query, live, moved, update } = useList(filters, pointed || menu !== null || asked !== null);
  const ask = useCallback((type: Asked, task: TaskRow) => setAsked({ type, task }), []);
  const list = query.data;
  return (
    <Page title={words.approvals} lead={words.approvalsLead} beside={list && <LiveMark state={live} />}>
      {query.error && !list && <LoadError error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && !query.error && <Loading />}
      {list && list.items.length === 0 && <Notice title={words.noneWaiting} text={words.noneWaitingText} />}
      {list && list.items.length > 0 && (
        <div onPointerEnter={(event) => setPointed(event.pointerType === 'mouse')} onPointerLeave={() => setPointed(false)}>
          {moved && pointed && (
            <Button className={styles.moved} size="small" shape="round" onClick={update}>
              {words.moved} · {words.update}
            </Button>
          )}
          <ul className={styles.list}>
            {list.items.map((task) => (
              <Approval key={taskId(task)} task={task} ask={ask} openMenu={(button) => setMenu({ task, button })} />
            ))}
          </ul>
          {list.total > list.items.length && <Pager filters={filters} total={list.total} setFilters={({ page: number, pageSize }) => setPage({ page: number, pageSize })} />}
        </div>
      )}
      {menu && <RowMenu {...menu} close={() => setMenu(null)} ask={ask} />}
      {asked && (
        <Suspense>
          <ActionDialog {...asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

function Approval({ task, ask, openMenu }: { task: TaskRow; ask: (type: Asked, task: TaskRow) => void; openMenu: (button: HTMLElement) => void }) {
  const words = useMessages(listMessages);
  const release = useMessages(releaseMessages);
  const action = useMessages(actionMessages);
  const language = useLanguage();
  return (
    <li className={`card ${styles.item}`}>
      <div className={styles.what}>
        <p className={styles.head}>
          <Link to={taskPath(task)} className={styles.name}>
            {task.name}
          </Link>
          <Versions task={task} />
          <Track task={task} />
        </p>
        <p>{task.phase === 'Waiting' ? sentences(task, release, language, 0) : task.message}</p>
        <div className={styles.foot}>
          <Place task={task} />
          <span>
            {words.waitsSince} <Since time={task.since} bare />
          </span>
          {task.stale && <Stale />}
        </div>
      </div>
      <div className={styles.buttons}>
        <Button type="primary" onClick={() => ask('Continue', task)} aria-label={action.title.Continue(task.name)}>
          {release.actions.Continue}
        </Button>
        <Button danger onClick={() => ask('Terminate', task)} aria-label={action.title.Terminate(task.name)}>
          {release.actions.Terminate}
        </Button>
        <Button aria-label={words.actionsOf(task.name)} aria-haspopup="menu" onClick={(event) => openMenu(event.currentTarget)}>
          ⋯
        </Button>
      </div>
    </li>
  );
}

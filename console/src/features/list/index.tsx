import { DownOutlined } from '@ant-design/icons';
import { Alert, Button, Dropdown, Select } from 'antd';
import { lazy, memo, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import type { TaskRow } from '../../api/types';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { useNarrow } from '../../app/preferences';
import { LiveMark } from '../../components/live-mark';
import { Page } from '../../components/page';
import type { Asked } from '../../components/release/effects';
import { taskId, type TaskName } from '../../components/release/paths';
import { Cards } from './cards';
import { change, defaults, formatFilters, parseFilters, sorts, type Filters, type Sort } from './filters';
import styles from './list.module.css';
import { listMessages } from './messages';
import { Pager } from './pager';
import { RowMenu } from './row-menu';
import { Loading, Nothing } from './states';
import { Table } from './table';
import { Toolbar } from './toolbar';
import { useList } from './use-list';

const ActionDialog = lazy(async () => ({ default: (await import('../../components/release/action-dialog')).ActionDialog }));

/** Where the wizard sends a person who created a task. */
export interface CreatedState {
  created?: TaskName;
}

export function ListPage() {
  const words = useMessages(listMessages);
  const narrow = useNarrow();
  const me = useMe();
  const [params, setParams] = useSearchParams();
  const filters = useMemo(() => parseFilters(params), [params]);
  const setFilters = useCallback(
    (next: Filters) => {
      // Typing and ticking don't fill the back button's memory; turning a page does.
      const turned = next.page !== filters.page && next.q === filters.q;
      setParams(formatFilters(next), { replace: !turned });
    },
    [filters, setParams],
  );
  const sortBy = useCallback(
    (sort: Sort) => setFilters(change(filters, { sort, order: filters.sort === sort && filters.order === 'asc' ? 'desc' : 'asc' })),
    [filters, setFilters],
  );

  const [pointed, setPointed] = useState(false);
  const [menu, setMenu] = useState<{ task: TaskRow; button: HTMLElement } | null>(null);
  const [asked, setAsked] = useState<{ type: Asked; task: TaskRow } | null>(null);
  const { query, live, moved, update } = useList(filters, pointed || menu !== null || asked !== null);
  const openMenu = useCallback((task: TaskRow, button: HTMLElement) => setMenu({ task, button }), []);
  const continueTask = useCallback((task: TaskRow) => setAsked({ type: 'Continue', task }), []);
  const created = useCreated();
  const [updated, setUpdated] = useState<string | null>(null);

  const list = query.data;
  const clear = () => setFilters({ ...defaults, workspace: filters.workspace, pageSize: filters.pageSize });
  const rows = { rows: list?.items ?? [], marked: updated ?? created, openMenu, continueTask };
  return (
    <Page title={words.title} beside={list && <LiveMark state={live} />} actions={me.data?.may.createTasks && <CreateButton />}>
      <Toolbar filters={filters} setFilters={setFilters} counts={list?.counts} clusters={list?.clusters ?? []} />
      {narrow && (
        <Select
          className={styles.order}
          aria-label={words.cardsSort}
          value={filters.sort}
          options={sorts.map((sort) => ({ value: sort, label: words.sorts[sort] }))}
          onChange={(sort) => setFilters(change(filters, { sort, order: 'asc' }))}
        />
      )}
      {list?.clusters
        .filter((cluster) => !cluster.reachable || !cluster.loaded)
        .map((cluster) => (
          <Alert
            key={cluster.name}
            className={styles.cluster}
            type="info"
            showIcon
            title={cluster.loaded ? words.unreachable(cluster.displayName || cluster.name) : words.notLoaded(cluster.displayName || cluster.name)}
            description={cluster.message}
          />
        ))}
      {query.error && !list && <LoadError error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && !query.error && <Loading />}
      {list && list.items.length === 0 && <Nothing filters={filters} me={me.data} clear={clear} />}
      {list && list.items.length > 0 && (
        <div className={styles.list} onPointerEnter={(event) => setPointed(event.pointerType === 'mouse')} onPointerLeave={() => setPointed(false)} data-old={query.isPlaceholderData || undefined}>
          {moved && (pointed || menu !== null) && (
            <Button className={styles.moved} size="small" shape="round" onClick={update}>
              {words.moved} · {words.update}
            </Button>
          )}
          {narrow ? (
            <Cards {...rows} />
          ) : (
            <div className={`card ${styles.table}`}>
              <Table {...rows} filters={filters} sortBy={sortBy} />
            </div>
          )}
          <Pager filters={filters} total={list.total} setFilters={setFilters} />
        </div>
      )}
      {menu && <RowMenu {...menu} close={() => setMenu(null)} ask={(type, task) => setAsked({ type, task })} />}
      {asked && (
        <Suspense>
          <ActionDialog {...asked} onClose={() => setAsked(null)} onDone={() => asked.type === 'UpdateVersion' && setUpdated(taskId(asked.task))} />
        </Suspense>
      )}
    </Page>
  );
}

const CreateButton = memo(function CreateButton() {
  const words = useMessages(listMessages);
  const navigate = useNavigate();
  const option = (name: string, hint: string) => (
    <span className={styles.option}>
      {name}
      <span className={styles.hint}>{hint}</span>
    </span>
  );
  return (
    <Dropdown
      trigger={['click']}
      placement="bottomRight"
      menu={{
        items: [
          { key: 'canary', label: option(words.canary, words.canaryHint) },
        ],
        onClick: ({ key }) => void navigate(`/releases/new/${key}`),
      }}
    >
      <Button type="primary" aria-haspopup="menu">
        {words.create} <DownOutlined aria-hidden />
      </Button>
    </Dropdown>
  );
});

/** The task that the wizard has just made; a reload is no second creation. */
function useCreated(): string | null {
  const { state } = useLocation() as { state: CreatedState | null };
  const created = state?.created;
  useEffect(() => {
    if (created) window.history.replaceState({ ...(window.history.state as object), usr: null }, '');
  }, [created]);
  return created ? taskId(created) : null;
}

import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, StopOutlined } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Alert, Button, Pagination } from 'antd';
import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import { api, call } from '../../api/client';
import type { components } from '../../api/schema.gen';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { DataTable, type Column } from '../../components/data-table';
import { Page } from '../../components/page';
import { Since, useNow } from '../../components/time';
import styles from './audit.module.css';
import { AuditFilters } from './audit-filters';
import { isFiltered, pageSize, readFilters, toQuery, writeFilters, type Filters } from './filters';
import { auditMessages } from './messages';

type Entry = components['schemas']['AuditEntry'];

/** Who did what, when, to what, with what result. */
export function AuditPage() {
  const words = useMessages(auditMessages);
  const [params, setParams] = useSearchParams();
  const filters = readFilters(params);
  const columns = useColumns();
  const query = toQuery(filters, useNow(60_000));
  const audit = useQuery({
    queryKey: ['audit', query],
    queryFn: ({ signal }) => call(api.GET('/api/v1/audit', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  // The workspace of the frame stays in the address.
  const set = (part: Partial<Filters>) =>
    setParams((before) => {
      const next = writeFilters({ ...readFilters(before), page: 1, ...part });
      const workspace = before.get('workspace');
      if (workspace) next.set('workspace', workspace);
      return next;
    });
  const away = audit.data?.clusters.filter((cluster) => !cluster.reachable).map((cluster) => cluster.displayName) ?? [];
  return (
    <Page title={words.title} lead={words.lead}>
      <AuditFilters filters={filters} set={set} />
      {away.length > 0 && <Alert className={styles.note} type="info" showIcon title={words.stale(away.join(', '))} />}
      {audit.error && !audit.data ? (
        <LoadError error={audit.error} retry={() => void audit.refetch()} />
      ) : (
        <>
          <DataTable
            label={words.title}
            columns={columns}
            rows={audit.data?.items}
            rowKey={(entry) => entry.id}
            stale={audit.isPlaceholderData}
            empty={
              isFiltered(filters) ? (
                <>
                  <h2>{words.noneFits}</h2>
                  <Button className={styles.clear} onClick={() => set({ who: undefined, action: undefined, task: undefined, cluster: undefined, namespace: undefined, result: undefined, period: undefined })}>
                    {words.clear}
                  </Button>
                </>
              ) : (
                <>
                  <h2>{words.none}</h2>
                  <p className="soft">{words.noneHint}</p>
                </>
              )
            }
          />
          {audit.data && audit.data.total > 0 && (
            <div className={styles.pages}>
              <span className="soft">{words.count(audit.data.total)}</span>
              <Pagination current={filters.page} total={audit.data.total} pageSize={pageSize} showSizeChanger={false} hideOnSinglePage onChange={(page) => set({ page })} />
            </div>
          )}
        </>
      )}
    </Page>
  );
}

function useColumns(): Column<Entry>[] {
  const words = useMessages(auditMessages);
  return [
    { key: 'when', title: words.when, cell: (entry) => <span className={styles.result}><Since time={entry.at} /></span> },
    {
      key: 'who',
      title: words.who,
      cell: (entry) => (
        <>
          <strong className={styles.who}>{entry.who || '–'}</strong>
          {(entry.via || entry.from) && (
            <div className={`soft ${styles.small} ${styles.origin}`}>
              {entry.via && <span>{words.methods[entry.via] ?? entry.via}</span>}
              {entry.from && <span title={words.from}>{entry.from}</span>}
            </div>
          )}
        </>
      ),
    },
    { key: 'action', title: words.action, cell: (entry) => <span className={styles.result}>{words.actions[entry.action] ?? entry.action}</span> },
    { key: 'target', title: words.target, cell: (entry) => <Target entry={entry} /> },
    { key: 'result', title: words.result, cell: (entry) => <ResultMark result={entry.result} /> },
    { key: 'message', title: words.message, wide: true, cell: (entry) => <span className="soft">{entry.message && asSentence(entry.message)}</span> },
  ];
}

/** What something was done to, with the way to it. */
function Target({ entry: { target } }: { entry: Entry }) {
  const words = useMessages(auditMessages);
  const { kind, cluster, namespace, name } = target;
  const path =
    kind === 'ReleaseTask' && cluster && namespace && name
      ? `/releases/${cluster}/${namespace}/${name}`
      : kind === 'Workspace' && name
        ? `/workspaces/${name}`
        : kind === 'Cluster' && name
          ? `/clusters/${name}`
          : null;
  const where = [cluster, namespace].filter(Boolean).join(' / ');
  // Nobody knows a token by its id.
  if (kind === 'Token') {
    return (
      <>
        {words.kinds[kind]}
        <div className={`soft code ${styles.small}`}>{name}</div>
      </>
    );
  }
  return (
    <>
      {name ? path ? <Link to={path}>{name}</Link> : name : null}
      <div className={`soft ${styles.small}`}>{where || (words.kinds[kind] ?? kind)}</div>
    </>
  );
}

/** Clusters tell outcomes as parts of a sentence, the hub as whole ones. */
function asSentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…。]$/.test(whole) ? whole : `${whole}.`;
}

const marks: Record<Entry['result'], ReactNode> = {
  Succeeded: <CheckCircleOutlined aria-hidden />,
  Refused: <StopOutlined aria-hidden />,
  Failed: <CloseCircleOutlined aria-hidden />,
  Pending: <ClockCircleOutlined aria-hidden />,
};

function ResultMark({ result }: { result: Entry['result'] }) {
  const words = useMessages(auditMessages);
  return (
    <span className={`${styles.result} ${result === 'Failed' ? styles.failed : result === 'Succeeded' ? 'soft' : ''}`}>
      {marks[result]} {words.results[result]}
    </span>
  );
}

import { CheckOutlined, CloseOutlined, ImportOutlined, StopOutlined, SwapRightOutlined, SyncOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { api, call } from '../../api/client';
import type { ReleaseRecord, TaskDetail } from '../../api/types';
import { LoadError } from '../../app/errors';
import { useLanguage, useMessages, type Language } from '../../app/i18n';
import { releaseMessages } from '../../components/release/messages';
import { taskKeys } from '../../components/release/paths';
import { imageList, shortImage } from '../../components/release/version';
import { duration, largest, Since } from '../../components/time';
import styles from './history.module.css';
import { detailMessages } from './messages';
import { pathOf } from './use-task';

type Outcome = NonNullable<ReleaseRecord['outcome']> | 'running';

const icons: Record<Outcome, ReactNode> = {
  Released: <CheckOutlined aria-hidden />,
  Terminated: <StopOutlined aria-hidden />,
  WentBack: <CloseOutlined aria-hidden />,
  Superseded: <SwapRightOutlined aria-hidden />,
  TakenOver: <ImportOutlined aria-hidden />,
  running: <SyncOutlined aria-hidden />,
};

/** The releases of the task, newest first: what became of each, why, by whom, and the way back to it. */
export function History({ task, rollBack }: { task: TaskDetail; rollBack: (record: ReleaseRecord) => void }) {
  const words = useMessages(detailMessages);
  const history = useQuery({
    queryKey: taskKeys.part(task, 'history'),
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}/history', { params: { path: pathOf(task) }, signal })),
  });
  if (history.error && !history.data) return <LoadError error={history.error} retry={() => void history.refetch()} />;
  if (!history.data) return <Skeleton active paragraph={{ rows: 3 }} title={false} />;
  if (history.data.items.length === 0) return <p className="soft">{words.historyEmpty}</p>;
  return (
    <ul className={styles.history}>
      {history.data.items.map((record) => (
        <Entry key={`${record.hash}/${record.startedAt}`} record={record} rollBack={rollBack} />
      ))}
    </ul>
  );
}

function Entry({ record, rollBack }: { record: ReleaseRecord; rollBack: (record: ReleaseRecord) => void }) {
  const words = useMessages(detailMessages);
  const release = useMessages(releaseMessages);
  const language = useLanguage();
  const outcome: Outcome = record.outcome ?? 'running';
  return (
    <li className={styles.entry}>
      <span className={styles.icon} data-outcome={outcome}>
        {icons[outcome]}
      </span>
      <div className={styles.what}>
        <p className={styles.line}>
          <strong>{record.display}</strong>
          <span className={styles.outcome} data-outcome={outcome}>
            {release.outcomes[outcome]}
          </span>
          <span className="soft">
            <Since time={record.endedAt ?? record.startedAt} />
            {lasted(record, language)}
          </span>
        </p>
        <p className={`code ${styles.images}`} title={imageList(record.containers)}>
          {record.containers.map((container) => shortImage(container.image)).join(', ')}
        </p>
        {record.reason && <p className={styles.reason}>{record.reason}</p>}
        <p className={styles.who}>
          {[record.startedBy && words.startedBy(record.startedBy), record.endedBy && words.endedBy(record.endedBy)].filter(Boolean).join(' · ')}
        </p>
      </div>
      {record.canRollBack && (
        <Button size="small" onClick={() => rollBack(record)} aria-label={words.rollBackTo(record.display)}>
          {words.rollBack}
        </Button>
      )}
    </li>
  );
}

function lasted(record: ReleaseRecord, language: Language): string {
  if (!record.endedAt || record.outcome === 'TakenOver') return '';
  const time = Date.parse(record.endedAt) - Date.parse(record.startedAt);
  return ` · ${time >= 3_600_000 ? duration(time, language) : largest(time, language)}`;
}

import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton, Tabs } from 'antd';
import { useState } from 'react';
import { api, call } from '../../api/client';
import type { TaskDetail } from '../../api/types';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { CopyButton } from '../../components/copy-button';
import { taskKeys } from '../../components/release/paths';
import { Since } from '../../components/time';
import { detailMessages } from './messages';
import styles from './more.module.css';
import { pathOf } from './use-task';

// So many events are shown before somebody asks for all of them.
const fewEvents = 12;

/** What the cluster tells, and the resource itself; each is read when it is looked at. */
export function EventsAndYaml({ task }: { task: TaskDetail }) {
  const words = useMessages(detailMessages);
  return (
    <Tabs
      destroyOnHidden
      items={[
        { key: 'events', label: words.events, children: <Events task={task} /> },
        { key: 'yaml', label: words.yaml, children: <Yaml task={task} /> },
      ]}
    />
  );
}

function Events({ task }: { task: TaskDetail }) {
  const words = useMessages(detailMessages);
  const [all, setAll] = useState(false);
  const events = useQuery({
    queryKey: taskKeys.part(task, 'events'),
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}/events', { params: { path: pathOf(task) }, signal })),
    refetchInterval: 15_000,
  });
  if (events.error && !events.data) return <LoadError error={events.error} retry={() => void events.refetch()} />;
  if (!events.data) return <Skeleton active paragraph={{ rows: 3 }} title={false} />;
  if (events.data.items.length === 0) return <p className="soft">{words.eventsEmpty}</p>;
  const { items } = events.data;
  return (
    <>
      <ul className={styles.events}>
      {(all ? items : items.slice(0, fewEvents)).map((event, i) => (
        <li key={`${event.object}/${event.reason}/${event.at}/${i}`}>
          <p className={styles.line}>
            <span className={styles.type} data-type={event.type}>
              {event.type === 'Warning' ? words.warning : words.normal}
            </span>
            <strong>{event.reason}</strong>
            <span className="soft">
              {event.object}
              {event.count > 1 && ` · ${words.times(event.count)}`} · <Since time={event.at} />
            </span>
          </p>
          <p className={styles.message}>{event.message}</p>
        </li>
      ))}
    </ul>
      {!all && items.length > fewEvents && (
        <Button type="link" size="small" onClick={() => setAll(true)}>
          {words.showEvents(items.length)}
        </Button>
      )}
    </>
  );
}

function Yaml({ task }: { task: TaskDetail }) {
  const yaml = useQuery({
    queryKey: taskKeys.part(task, 'yaml'),
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}/yaml', { params: { path: pathOf(task) }, signal, parseAs: 'text' })),
  });
  if (yaml.error && !yaml.data) return <LoadError error={yaml.error} retry={() => void yaml.refetch()} />;
  if (!yaml.data) return <Skeleton active paragraph={{ rows: 6 }} title={false} />;
  const text = String(yaml.data);
  return (
    <div className={styles.yaml}>
      <span className={styles.copy}>
        <CopyButton text={text} />
      </span>
      {/* Keyboards scroll what they can focus. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label="YAML">
        {text}
      </pre>
    </div>
  );
}

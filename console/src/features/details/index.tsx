import { useQuery } from '@tanstack/react-query';
import { Alert, Skeleton } from 'antd';
import { lazy, Suspense, useMemo, useState, type ReactNode } from 'react';
import { useParams } from 'react-router';
import { api, call } from '../../api/client';
import type { AnalysisReport, ReleaseRecord, TaskDetail } from '../../api/types';
import { LoadError } from '../../app/errors';
import { useLanguage, useMessages } from '../../app/i18n';
import { LiveMark } from '../../components/live-mark';
import { Page } from '../../components/page';
import type { Asked } from '../../components/release/effects';
import { releaseMessages } from '../../components/release/messages';
import { taskKeys } from '../../components/release/paths';
import { PhaseLabel } from '../../components/release/phase';
import { sentences } from '../../components/release/standing';
import { Versions as VersionNames } from '../../components/release/version';
import { Since, useNow } from '../../components/time';
import { TaskActions } from './actions';
import styles from './details.module.css';
import { InTheWay, WentBack } from './explanation';
import { Facts } from './facts';
import { History } from './history';
import { detailMessages } from './messages';
import { EventsAndYaml } from './more';
import { Steps } from './steps';
import { pathOf, useTask } from './use-task';
import { Versions } from './versions';

const ActionDialog = lazy(async () => ({ default: (await import('../../components/release/action-dialog')).ActionDialog }));
const Analysis = lazy(async () => ({ default: (await import('./analysis')).Analysis }));

/** Everything about one release task, and everything that can be asked of it. */
export function DetailsPage() {
  const { cluster = '', namespace = '', name = '' } = useParams();
  // Another task is another page: nothing of the one before stays.
  return <Details key={`${cluster}/${namespace}/${name}`} cluster={cluster} namespace={namespace} name={name} />;
}

function Details({ cluster, namespace, name }: { cluster: string; namespace: string; name: string }) {
  const words = useMessages(detailMessages);
  const id = useMemo(() => ({ cluster, namespace, name }), [cluster, namespace, name]);
  const { query, live, deleted } = useTask(id);
  const [asked, setAsked] = useState<{ type: Asked; target?: ReleaseRecord } | null>(null);
  const task = query.data;
  if (query.error && !task) {
    return (
      <Page title={name}>
        <LoadError error={query.error} retry={() => void query.refetch()} />
      </Page>
    );
  }
  if (!task) {
    return (
      <Page title={name}>
        <Skeleton active paragraph={{ rows: 10 }} />
      </Page>
    );
  }
  return (
    <Page
      title={name}
      beside={
        <>
          <Standing task={task} />
          {!deleted && <LiveMark state={live} />}
        </>
      }
      actions={!deleted && <TaskActions task={task} ask={(type) => setAsked({ type })} />}
    >
      <div className={styles.page}>
        {deleted && <Alert type="info" showIcon title={words.deleted} />}
        {task.stale && <Alert type="info" showIcon title={words.stale(cluster)} />}
        {task.drift && <Alert type="info" showIcon title={words.drift} description={task.drift} />}
        <Sentence task={task} />
        <Body task={task} rollBack={(target) => setAsked({ type: 'Rollback', target })} />
      </div>
      {asked && (
        <Suspense>
          <ActionDialog task={task} {...asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </Page>
  );
}

/** Phase, versions and step in one line. */
function Standing({ task }: { task: TaskDetail }) {
  const words = useMessages(detailMessages);
  const release = useMessages(releaseMessages);
  return (
    <span className={styles.standing}>
      <PhaseLabel phase={task.phase} />
      {task.stable && <VersionNames task={task} />}
      {task.step && task.step.number <= task.step.count && <span className="soft">{release.stepLabel(task.step.number, task.step.count)}</span>}
      <span className="soft">
        {words.since} <Since time={task.since} bare />
      </span>
    </span>
  );
}

function Sentence({ task }: { task: TaskDetail }) {
  const release = useMessages(releaseMessages);
  const language = useLanguage();
  const now = useNow(1_000);
  const report = useReport(task);
  const by = task.lastRelease?.endedBy ?? '';
  const evidence = task.release && report.data?.revision === task.release.revision && report.data.state !== 'NotStarted' ? report.data.message : undefined;
  return (
    <p className={styles.sentence}>
      {sentences(task, release, language, now, by)} {evidence}
    </p>
  );
}

// The charts show a minute after a release, and the last numbers come some time after they were counted.
const echo = 90_000;

/** The charts; Sentence, explanation and section look at the same answer. */
function useReport(task: TaskDetail) {
  return useQuery<AnalysisReport>({
    queryKey: taskKeys.part(task, 'analysis'),
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}/analysis', { params: { path: pathOf(task) }, signal })),
    enabled: task.analysed,
    refetchInterval: () => (task.release || Date.now() - Date.parse(task.lastRelease?.endedAt ?? '') < echo ? 10_000 : false),
  });
}

function Body({ task, rollBack }: { task: TaskDetail; rollBack: (target: ReleaseRecord) => void }) {
  const words = useMessages(detailMessages);
  const report = useReport(task);
  const failed = task.phase === 'Failed';
  return (
    <>
      {failed && <WentBack task={task} report={report.data} />}
      {task.obstacles && <InTheWay obstacles={task.obstacles} />}
      <Section title={words.progress}>
        <Steps task={task} />
      </Section>
      <Versions task={task} />
      <Section title={words.analysis}>
        {task.analysed ? (
          <Suspense fallback={<Skeleton active paragraph={{ rows: 4 }} title={false} />}>
            {report.error && !report.data ? (
              <LoadError error={report.error} retry={() => void report.refetch()} />
            ) : report.data ? (
              <Analysis report={report.data} />
            ) : (
              <Skeleton active paragraph={{ rows: 4 }} title={false} />
            )}
          </Suspense>
        ) : (
          <p className="soft">{words.analysisOffText}</p>
        )}
      </Section>
      <Section title={words.history}>
        <History task={task} rollBack={rollBack} />
      </Section>
      <Section title={words.facts}>
        <Facts task={task} />
      </Section>
      <section className={`card ${styles.section}`} aria-label={`${words.events}, ${words.yaml}`}>
        <EventsAndYaml task={task} />
      </section>
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={`card ${styles.section}`} aria-label={title}>
      <h2 className={styles.title}>{title}</h2>
      {children}
    </section>
  );
}

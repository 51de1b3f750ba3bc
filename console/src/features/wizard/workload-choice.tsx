import { CheckCircleOutlined, SearchOutlined, WarningOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Input, Select, Skeleton } from 'antd';
import { useDeferredValue, useState } from 'react';
import { Link } from 'react-router';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { Field } from '../../components/field';
import { remainingObstacles, routesOf, serviceOf, splittable, type BasicGaps } from './basics';
import { ChoiceCard } from '../../components/choice-card';
import styles from './choices.module.css';
import type { Draft } from './draft';
import { splitImage } from '../../components/image';
import { wizardMessages } from './messages';
import { Obstacles } from './obstacles';
import type { useWorkloads, Workload } from './queries';

interface Props {
  draft: Draft;
  namespace: string;
  workloads: ReturnType<typeof useWorkloads>;
  choose: (workload: string) => void;
}

/** How many workloads are shown before a search is the better way. */
const most = 100;

/** The Deployments of a namespace, with what runs in each. */
export function WorkloadChoice({ draft, namespace, workloads, choose }: Props) {
  const words = useMessages(wizardMessages);
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim().toLowerCase());
  if (workloads.error && !workloads.data) return <LoadError error={workloads.error} retry={() => void workloads.refetch()} />;
  if (!workloads.data) return <Skeleton active title={false} paragraph={{ rows: 4 }} />;
  // Those that can be chosen come first.
  const all = workloads.data.items.toSorted((a, b) => Number(a.task !== undefined) - Number(b.task !== undefined));
  if (all.length === 0) {
    return (
      <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={words.noWorkloads(namespace)}>
        <p className="soft">{words.noWorkloadsHint}</p>
      </Empty>
    );
  }
  const fitting = all.filter((workload) => `${workload.name} ${workload.containers.map((c) => c.image).join(' ')}`.toLowerCase().includes(wanted));
  // The chosen one stays in sight.
  const shown = [...fitting.slice(0, most), ...fitting.slice(most).filter((workload) => workload.name === draft.workload)];
  return (
    <>
      {all.length > 6 && (
        <div className={styles.tools}>
          <Input prefix={<SearchOutlined aria-hidden />} allowClear aria-label={words.workloadSearch} placeholder={words.workloadSearch} value={search} onChange={(event) => setSearch(event.target.value)} />
          <span className="soft">{words.workloadsShown(shown.length, all.length)}</span>
        </div>
      )}
      {shown.length === 0 && <p className="soft">{words.noWorkloadFits}</p>}
      <div className={styles.list} role="radiogroup" aria-label={words.workload}>
        {shown.map((workload) => (
          <WorkloadCard key={workload.name} workload={workload} draft={draft} namespace={namespace} choose={choose} />
        ))}
      </div>
    </>
  );
}

function WorkloadCard({ workload, draft, namespace, choose }: { workload: Workload; draft: Draft; namespace: string; choose: (name: string) => void }) {
  const words = useMessages(wizardMessages);
  const obstacles = workload.task ? [] : remainingObstacles(draft, workload);
  return (
    <ChoiceCard
      group="workload"
      title={workload.name}
      checked={workload.name === draft.workload}
      disabled={workload.task !== undefined}
      onChoose={() => choose(workload.name)}
      foot={workload.task && <Link to={`/releases/${draft.cluster ?? ''}/${namespace}/${workload.task}`}>{words.openTask}</Link>}
    >
      <span className={styles.facts}>
        {/* The pods of one that has a task are the task's. */}
        {!workload.task && <span>{words.ready(workload.ready, workload.instances)}</span>}
        {workload.containers.map(({ name, image }) => (
          <span key={name} className="one-line" title={image}>
            {workload.containers.length > 1 && `${name} `}
            <span className="code">{shortVersion(image)}</span>
          </span>
        ))}
        {workload.task && <span>{words.taken(workload.task)}</span>}
        {obstacles.length > 0 && (
          <span className={styles.warns}>
            <WarningOutlined aria-hidden /> {words.obstacleCount(obstacles.length)}
          </span>
        )}
      </span>
    </ChoiceCard>
  );
}

/** The last part of an image and its version, short enough for a line. */
function shortVersion(image: string): string {
  const { repository, version } = splitImage(image);
  const short = version.startsWith('sha256:') ? version.slice(0, 19) : version;
  return `${repository.slice(repository.lastIndexOf('/') + 1)}:${short}`;
}

interface FoundProps {
  draft: Draft;
  workload: Workload;
  gaps: BasicGaps;
  /** Say what is missing. */
  complete: boolean;
  change: (part: Partial<Draft>) => void;
  lookAgain: () => void;
}

/** What is taken over with a workload, what has to be chosen, and what stands in the way. */
export function WorkloadFound({ draft, workload, gaps, complete, change, lookAgain }: FoundProps) {
  const words = useMessages(wizardMessages);
  const services = splittable(workload);
  const routes = routesOf(draft, workload);
  const obstacles = remainingObstacles(draft, workload);
  const istio = draft.traffic === 'Istio';
  return (
    <section className={`card ${styles.found}`} aria-label={words.found}>
      <h3>{words.found}</h3>
      <dl className={styles.foundList}>
        <dt>{words.images}</dt>
        <dd className={styles.images}>
          {workload.containers.map(({ name, image }) => (
            <span key={name}>
              {name} <span className="code">{image}</span>
            </span>
          ))}
        </dd>
        <dt>{words.instances}</dt>
        <dd>{words.ready(workload.ready, workload.instances)}</dd>
        <dt>{words.service}</dt>
        <dd>{serviceOf(draft, workload) ?? (services.map((service) => service.name).join(', ') || words.none)}</dd>
        {istio && (
          <>
            <dt>{words.virtualService}</dt>
            <dd>{routes.map((one) => `${one.name} (${one.hosts.join(', ')})`).join(', ') || words.virtualServiceNone}</dd>
          </>
        )}
        <dt>{words.autoscaler}</dt>
        <dd>{workload.autoscaler ? words.autoscalerRange(workload.autoscaler.name, workload.autoscaler.min, workload.autoscaler.max) : words.none}</dd>
      </dl>
      {istio && (services.length > 1 || routes.length > 1) && (
        <div className={styles.ask}>
          {services.length > 1 && (
            <Field label={words.chooseService} problem={complete && gaps.service && words.serviceMissing}>
              {(control) => (
                <Select {...control} className={styles.wide} value={serviceOf(draft, workload)} placeholder={words.choose} options={services.map(({ name }) => ({ value: name, label: name }))} onChange={(service: string) => change({ service, virtualService: undefined })} />
              )}
            </Field>
          )}
          {routes.length > 1 && (
            <Field label={words.chooseVirtualService} problem={complete && gaps.virtualService && words.virtualServiceMissing}>
              {(control) => (
                <Select
                  {...control}
                  className={styles.wide}
                  value={routes.some((one) => one.name === draft.virtualService) ? draft.virtualService : undefined}
                  placeholder={words.choose}
                  options={routes.map(({ name, hosts, takenBy }) => ({ value: name, label: `${name} (${hosts.join(', ')})`, disabled: takenBy !== undefined }))}
                  onChange={(virtualService: string) => change({ virtualService })}
                />
              )}
            </Field>
          )}
        </div>
      )}
      {workload.unknown && <Alert className={styles.way} type="info" showIcon title={words.unknown} description={workload.unknown} />}
      {obstacles.length > 0 ? (
        <div className={styles.way}>
          <div className={styles.wayHead}>
            <h3>{words.inTheWay}</h3>
            <Button size="small" onClick={lookAgain}>
              {words.lookAgain}
            </Button>
          </div>
          <Obstacles obstacles={obstacles} />
        </div>
      ) : (
        !gaps.service &&
        !gaps.virtualService && (
          <p className={styles.clear}>
            <CheckCircleOutlined aria-hidden /> {words.nothingInTheWay}
          </p>
        )
      )}
    </section>
  );
}

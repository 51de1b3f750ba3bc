import { useMessages } from '../../app/i18n';
import { serviceOf } from './basics';
import type { Draft } from './draft';
import { wizardMessages } from './messages';
import { monitoringMessages } from './monitoring-messages';
import type { Cluster, Workload } from './queries';
import { hasProblems, stepProblems } from './steps';
import { StepTotal } from './step-total';
import styles from './summary.module.css';
import { TrafficDrawing } from './traffic-drawing';

interface Props {
  draft: Draft;
  cluster: Cluster | undefined;
  workload: Workload | undefined;
  /** Whether the rules were looked at yet. */
  rules: boolean;
  /** Whether the steps are drawn here; not where they are drawn beside it. */
  drawing: boolean;
}

/** What was chosen so far; it grows from page to page. */
export function Summary({ draft, cluster, workload, rules, drawing }: Props) {
  const words = useMessages(wizardMessages);
  const metricWords = useMessages(monitoringMessages);
  const { monitoring, instances, steps } = draft.rules;
  const service = workload && serviceOf(draft, workload);
  const empty = !draft.name && !draft.cluster;
  return (
    <aside className={`card ${styles.summary}`} aria-label={words.summary}>
      <h2>{words.summary}</h2>
      {empty && <p className="soft">{words.summaryEmpty}</p>}
      <dl className={styles.facts}>
        {draft.name && <Fact term={words.name}>{draft.name}</Fact>}
        {draft.cluster && (
          <Fact term={words.cluster}>
            {cluster?.displayName ?? draft.cluster}
            {draft.namespace && <span className="soft"> / {draft.namespace}</span>}
          </Fact>
        )}
        {draft.workload && <Fact term={words.workload}>{draft.workload}</Fact>}
        {workload?.containers.map(({ name, image }) => (
          <Fact key={name} term={workload.containers.length > 1 ? name : words.images}>
            <span className={`code ${styles.image}`}>{image}</span>
          </Fact>
        ))}
        {service && <Fact term={words.service}>{service}</Fact>}
        {rules && (
          <>
            <Fact term={words.instances}>{instances ?? (workload ? words.keepsCount(workload.instances) : words.keeps)}</Fact>
            <Fact term={words.summaryTraffic}>{draft.traffic === 'Istio' ? words.istio : words.byInstances}</Fact>
            <Fact term={words.summaryMonitoring}>
              {monitoring.on ? monitoring.metrics.map((metric) => (metric.kind === 'Query' && metric.name) || metricWords.kinds[metric.kind]).join(' · ') || words.summaryMetrics(0) : words.summaryOff}
            </Fact>
          </>
        )}
      </dl>
      {drawing && !hasProblems(stepProblems(steps)) && (
        <div className={styles.steps}>
          <TrafficDrawing steps={steps} small />
          <StepTotal steps={steps} />
        </div>
      )}
    </aside>
  );
}

function Fact({ term, children }: { term: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

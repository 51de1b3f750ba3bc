import { useMessages } from '../../app/i18n';
import { serviceOf, splittable } from './basics';
import { ChoiceCard } from '../../components/choice-card';
import choices from './choices.module.css';
import type { Draft } from './draft';
import { wizardMessages } from './messages';
import type { Cluster, Workload } from './queries';
import type { RulesInput } from './rules';
import { InstancesSection, MonitoringSection, StepsSection } from './rules-editor';
import styles from './wizard.module.css';

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  complete: boolean;
  cluster: Cluster | undefined;
  workload: Workload | undefined;
}

/** The second page: how requests are split, in which steps, and by what a release is judged. */
export function RulesStep({ draft, change, complete, cluster, workload }: Props) {
  const service = workload && serviceOf(draft, workload);
  const rules = {
    value: draft.rules,
    onChange: (value: RulesInput) => change({ rules: value }),
    complete,
    byInstances: draft.traffic === 'Instances',
    running: workload?.instances,
    autoscaler: workload?.autoscaler,
    where:
      draft.cluster && draft.namespace && draft.workload
        ? { cluster: draft.cluster, namespace: draft.namespace, workload: draft.workload, ...(service ? { service } : {}) }
        : undefined,
  };
  return (
    <>
      <div className={styles.sections}>
        <TrafficChoice draft={draft} change={change} cluster={cluster} workload={workload} />
        <InstancesSection {...rules} />
      </div>
      <div className={`${styles.sections} ${styles.across}`}>
        <StepsSection {...rules} />
        <MonitoringSection {...rules} />
      </div>
    </>
  );
}

function TrafficChoice({ draft, change, cluster, workload }: Omit<Props, 'complete'>) {
  const words = useMessages(wizardMessages);
  const whyNotIstio = cluster && !cluster.usable.istio ? words.istioMissing : workload && splittable(workload).length === 0 ? words.istioNoService : undefined;
  const whyNotInstances = cluster && !cluster.usable.instances ? words.onlyInstances : undefined;
  return (
    <section className={styles.section} aria-labelledby="wizard-traffic">
      <h2 id="wizard-traffic">{words.traffic}</h2>
      <div className={choices.cards} role="radiogroup" aria-labelledby="wizard-traffic">
        <ChoiceCard group="traffic" title={words.istio} checked={draft.traffic === 'Istio'} disabled={whyNotIstio !== undefined} onChoose={() => change({ traffic: 'Istio' })}>
          <span className={choices.lacks}>{whyNotIstio ?? words.istioHint}</span>
        </ChoiceCard>
        <ChoiceCard group="traffic" title={words.byInstances} checked={draft.traffic === 'Instances'} disabled={whyNotInstances !== undefined} onChoose={() => change({ traffic: 'Instances' })}>
          <span className={choices.lacks}>{whyNotInstances ?? words.byInstancesHint}</span>
        </ChoiceCard>
      </div>
    </section>
  );
}

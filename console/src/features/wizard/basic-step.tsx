import { Select, Skeleton, Input } from 'antd';
import { useDeferredValue, useEffect } from 'react';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { Field } from '../../components/field';
import { basicGaps, type BasicGaps } from './basics';
import { ClusterChoice } from './cluster-choice';
import type { Draft, TrafficKind } from './draft';
import { wizardMessages } from './messages';
import { nameProblem, suggestName } from '../../components/name';
import { problemMessages, sentence } from '../../components/problem';
import { useNamespaces, useNameTaken, useWorkloads, type Namespace } from './queries';
import styles from './wizard.module.css';
import { WorkloadChoice, WorkloadFound } from './workload-choice';

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** Say also what is missing: after the person wanted to go on. */
  complete: boolean;
}

/** What the first page knows of the cluster, and what is missing on it. */
export function useBasics(draft: Draft) {
  const workloads = useWorkloads(draft.cluster, draft.namespace, draft.traffic);
  const name = useDeferredValue(draft.name);
  const taken = useNameTaken(draft.cluster, draft.namespace, nameProblem(name) ? '' : name);
  const workload = workloads.data?.items.find((one) => one.name === draft.workload);
  const isTaken = draft.sent === undefined && name === draft.name && taken.data === true;
  return { workloads, workload, taken: isTaken, checking: taken.isFetching && taken.data === undefined, free: taken.data === false, gaps: basicGaps(draft, workload, isTaken) };
}

/** The first page: name, cluster, namespace, workload. */
export function BasicStep({ draft, change, complete }: Props) {
  const words = useMessages(wizardMessages);
  const { workloads, workload, gaps, ...name } = useBasics(draft);

  useEffect(() => {
    // A workload that is gone, or whose namespace changed, is chosen no longer.
    if (draft.workload !== undefined && workloads.data && !workloads.isPlaceholderData && !workload) change({ workload: undefined });
  }, [draft.workload, workloads.data, workloads.isPlaceholderData, workload, change]);

  function chooseCluster(cluster: string, traffic: TrafficKind) {
    if (cluster === draft.cluster) return change({ traffic });
    change({ cluster, traffic, namespace: undefined, workload: undefined, service: undefined, virtualService: undefined, images: {} });
  }

  return (
    <div className={styles.sections}>
      <NameField draft={draft} change={change} complete={complete} {...name} />
      <section className={styles.section} aria-labelledby="wizard-cluster">
        <h2 id="wizard-cluster">{words.cluster}</h2>
        <ClusterChoice chosen={draft.cluster} traffic={draft.traffic} choose={chooseCluster} />
        {complete && gaps.cluster && <Missing text={words.clusterMissing} />}
      </section>
      {draft.cluster !== undefined && (
        <NamespaceField
          cluster={draft.cluster}
          chosen={draft.namespace}
          missing={complete && gaps.namespace}
          choose={(namespace) => change({ namespace, workload: undefined, service: undefined, virtualService: undefined, images: {} })}
        />
      )}
      {draft.cluster !== undefined && draft.namespace !== undefined && (
        <section className={styles.section} aria-labelledby="wizard-workload">
          <div>
            <h2 id="wizard-workload">{words.workload}</h2>
            <p className="soft">{words.workloadHint}</p>
          </div>
          <WorkloadChoice
            draft={draft}
            namespace={draft.namespace}
            workloads={workloads}
            choose={(name) =>
              change({
                workload: name,
                service: undefined,
                virtualService: undefined,
                images: {},
                ...(draft.nameTyped && draft.name !== '' ? {} : { name: suggestName(name), nameTyped: false }),
              })
            }
          />
          {complete && gaps.workload && <Missing text={words.workloadMissing} />}
          {workload && <WorkloadFound draft={draft} workload={workload} gaps={gaps} complete={complete} change={change} lookAgain={() => void workloads.refetch()} />}
        </section>
      )}
    </div>
  );
}

export function Missing({ text }: { text: string }) {
  return (
    <p className={styles.missing} role="alert">
      {text}
    </p>
  );
}

interface NameProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  complete: boolean;
  taken: boolean;
  checking: boolean;
  free: boolean;
}

function NameField({ draft, change, complete, taken, checking, free }: NameProps) {
  const words = useMessages(wizardMessages);
  const problemWords = useMessages(problemMessages);
  const rule = draft.name === '' && !complete ? undefined : nameProblem(draft.name);
  const problem = rule
    ? sentence(problemWords, rule)
    : taken && sentence(problemWords, { key: 'nameTaken', values: { name: draft.name, namespace: draft.namespace ?? '' } });
  const hint = draft.name === '' || !draft.namespace ? words.nameHint : checking ? words.nameChecking : free ? words.nameFree : words.nameHint;
  return (
    <section className={styles.section}>
      <div className={styles.narrowField}>
        <Field label={words.name} hint={hint} problem={problem}>
          {(control) => (
            <Input
              {...control}
              name="task"
              autoFocus
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              value={draft.name}
              disabled={draft.sent === 'created'}
              onChange={(event) => change({ name: event.target.value, nameTyped: true })}
            />
          )}
        </Field>
      </div>
    </section>
  );
}

interface NamespaceProps {
  cluster: string;
  chosen: string | undefined;
  missing: boolean;
  choose: (namespace: string) => void;
}

function NamespaceField({ cluster, chosen, missing, choose }: NamespaceProps) {
  const words = useMessages(wizardMessages);
  const namespaces = useNamespaces(cluster);
  const mine = namespaces.data?.items.filter((namespace) => namespace.role !== undefined) ?? [];
  return (
    <section className={styles.section}>
      {namespaces.error && !namespaces.data ? (
        <LoadError error={namespaces.error} retry={() => void namespaces.refetch()} />
      ) : !namespaces.data ? (
        <Skeleton active title={false} paragraph={{ rows: 1 }} />
      ) : mine.length === 0 ? (
        <p className="soft">{words.noNamespaces}</p>
      ) : (
        <div className={styles.narrowField}>
          <Field label={words.namespace} problem={missing && words.namespaceMissing}>
            {(control) => (
              <Select
                {...control}
                className={styles.wide}
                showSearch
                value={chosen}
                placeholder={words.namespacePlaceholder}
                options={mine.map((namespace) => ({ value: namespace.name, label: namespaceLabel(namespace, words), disabled: !mayEdit(namespace) || !namespace.exists }))}
                onChange={choose}
              />
            )}
          </Field>
        </div>
      )}
    </section>
  );
}

function mayEdit({ role }: Namespace): boolean {
  return role === 'Editor' || role === 'Admin';
}

function namespaceLabel(namespace: Namespace, words: { namespaceViewer: string; namespaceGone: string }): string {
  if (!namespace.exists) return `${namespace.name} · ${words.namespaceGone}`;
  return mayEdit(namespace) ? namespace.name : `${namespace.name} · ${words.namespaceViewer}`;
}

export type { BasicGaps };

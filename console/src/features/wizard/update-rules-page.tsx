import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Skeleton } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useBlocker, useNavigate, useParams } from 'react-router';
import { api, call } from '../../api/client';
import { isConflict } from '../../api/problem';
import type { TaskDetail } from '../../api/types';
import { LoadError, useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { commonMessages } from '../../app/messages';
import { Page } from '../../components/page';
import { taskKeys, taskPath, type TaskName } from '../../components/release/paths';
import { useWorkload } from './queries';
import { RulesEditor } from './rules-editor';
import { hasRulesProblems, rulesInput, toRules, type TaskRules } from './rules';
import { updateRulesMessages } from './update-rules-messages';
import styles from './wizard.module.css';

/** Changes the rules of a task: instances, steps, monitoring. */
export function UpdateRulesPage() {
  const { cluster = '', namespace = '', name = '' } = useParams();
  const words = useMessages(updateRulesMessages);
  const id = { cluster, namespace, name };
  const task = useQuery({
    // Apart from the live task of the details: what is edited must not change under the person's hands.
    queryKey: taskKeys.part(id, 'rules'),
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}', { params: { path: id }, signal })),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  if (task.error && !task.data) {
    return (
      <Page title={words.title(name)}>
        <LoadError error={task.error} retry={() => void task.refetch()} />
      </Page>
    );
  }
  if (!task.data) {
    return (
      <Page title={words.title(name)}>
        <Skeleton active paragraph={{ rows: 10 }} />
      </Page>
    );
  }
  return <Editor key={task.data.etag} task={task.data} reload={() => void task.refetch()} />;
}

/** The rules of a task: all of its spec but the workload, which can't be changed. */
function rulesOf({ spec: { strategy, instances, analysis, historyLimit } }: TaskDetail): TaskRules {
  return {
    strategy,
    ...(instances === undefined ? {} : { instances }),
    ...(analysis === undefined ? {} : { analysis }),
    ...(historyLimit === undefined ? {} : { historyLimit }),
  };
}

function Editor({ task, reload }: { task: TaskDetail; reload: () => void }) {
  const words = useMessages(updateRulesMessages);
  const common = useMessages(commonMessages);
  const errorSentence = useErrorSentence();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [before] = useState(() => rulesInput(rulesOf(task)));
  const [input, setInput] = useState(before);
  const [complete, setComplete] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const save = useSave(task);
  const byInstances = task.spec.strategy.canary.traffic.instances !== undefined;
  const workload = useWorkload(task, task.spec.workloadRef.name, byInstances ? 'Instances' : 'Istio').data;
  const offer = task.actions.find((action) => action.type === 'UpdateRules');
  const changed = JSON.stringify(input) !== JSON.stringify(before);
  useGuard(changed && !save.isPending && !save.isSuccess);

  function submit() {
    if (hasRulesProblems(input)) {
      setComplete(true);
      requestAnimationFrame(() => body.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.scrollIntoView({ block: 'center' }));
      return;
    }
    save.mutate(toRules(input, rulesOf(task)), {
      onSuccess: () => {
        message.success(words.saved);
        void navigate(taskPath(task));
      },
    });
  }

  return (
    <Page title={words.title(task.name)} lead={words.lead}>
      <div ref={body} className={styles.sections}>
        {offer && !offer.allowed && <Alert type="info" showIcon title={offer.reason} />}
        {offer?.allowed && task.release && <Alert type="info" showIcon title={words.running(task.release.display)} description={words.runningText} />}
        <RulesEditor
          value={input}
          onChange={setInput}
          complete={complete}
          byInstances={byInstances}
          // The Deployment itself has none while its pods are the task's.
          running={task.takeOver?.instances ?? workload?.instances}
          autoscaler={workload?.autoscaler}
          where={{ cluster: task.cluster, namespace: task.namespace, workload: task.spec.workloadRef.name }}
        />
        {save.error &&
          (isConflict(save.error) ? (
            <Alert
              type="warning"
              showIcon
              role="alert"
              title={words.conflict}
              description={`${errorSentence(save.error)} ${words.conflictText}`}
              action={<Button onClick={reload}>{words.showCurrent}</Button>}
            />
          ) : (
            <Alert type="error" showIcon role="alert" title={words.failed} description={errorSentence(save.error)} />
          ))}
        <div className={styles.foot}>
          <Button onClick={() => void navigate(taskPath(task))}>{common.cancel}</Button>
          <Button type="primary" loading={save.isPending} disabled={!changed || !offer?.allowed} onClick={submit}>
            {common.save}
          </Button>
        </div>
      </div>
    </Page>
  );
}

function useSave(task: TaskName & { etag: string }) {
  const queryClient = useQueryClient();
  const { cluster, namespace, name, etag } = task;
  return useMutation({
    mutationFn: (rules: TaskRules) =>
      call(
        api.PUT('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}', {
          params: { path: { cluster, namespace, name }, header: { 'If-Match': etag } },
          body: rules,
        }),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: taskKeys.all, predicate: ({ queryKey }) => !queryKey.includes('rules') }),
  });
}

/** Asks before changes that are not saved are left behind. */
function useGuard(unsaved: boolean) {
  const words = useMessages(updateRulesMessages);
  const { modal } = App.useApp();
  const blocker = useBlocker(({ currentLocation, nextLocation }) => unsaved && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    modal.confirm({ title: words.unsaved, okText: words.discard, cancelText: words.stay, onOk: () => blocker.proceed(), onCancel: () => blocker.reset() });
    // Asked once each time something is blocked.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [blocker.state]);
}

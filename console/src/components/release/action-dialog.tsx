import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Modal } from 'antd';
import { useEffect, useState } from 'react';
import { api, call } from '../../api/client';
import { useErrorSentence } from '../../app/errors';
import { useLanguage, useMessages } from '../../app/i18n';
import { commonMessages } from '../../app/messages';
import type { Action, ActionRequest, ContainerImage, ReleaseRecord, TaskRow } from '../../api/types';
import { areImages, changedImages, ImagesForm, type TypedImages } from '../images-form';
import { actionMessages } from './action-messages';
import styles from './action-dialog.module.css';
import { ask, newKey } from './ask';
import { effects, expectationOf, isDestructive, type Asked } from './effects';
import { taskKeys } from './paths';

interface Props {
  type: Asked;
  task: TaskRow;
  /** The version of the history to roll back to. */
  target?: ReleaseRecord;
  onClose: () => void;
  /** After it was carried out, or recorded. */
  onDone?: () => void;
}

/** Says what an action will do, asks for it when the person agrees, and shows what became of it. */
export function ActionDialog({ type, task, target, onClose, onDone }: Props) {
  const words = useMessages(actionMessages);
  const common = useMessages(commonMessages);
  const language = useLanguage();
  const sentence = useErrorSentence();
  const queryClient = useQueryClient();
  const { message } = App.useApp();
  // What the person was shown is what they agree to: it stays while the task moves on, and the cluster refuses then.
  const [seen] = useState(task);
  const [openedAt] = useState(() => Date.now());
  const [keys] = useState(() => new Map<string, string>());
  const [leaving] = useState(() => new AbortController());
  const [typed, setTyped] = useState<TypedImages>({});
  const [asked, setAsked] = useState(false);
  const [opened, setOpened] = useState(false);
  useEffect(() => () => leaving.abort(), [leaving]);
  const containers = (seen.canary ?? seen.stable)?.containers ?? [];
  const changed = changedImages(containers, typed);

  const asking = useMutation({
    mutationFn: () => carryOut(type, seen, target, changed, keyOf(keys, changed), leaving.signal),
    onSuccess: (action) => {
      void queryClient.invalidateQueries({ queryKey: taskKeys.all });
      if (action?.state === 'Refused' || action?.state === 'Failed') return;
      message.success(action === null || action.state === 'Succeeded' ? words.done[type](seen.name) : words.recorded);
      onClose();
      onDone?.();
    },
  });
  const unwanted = asking.data?.state === 'Refused' || asking.data?.state === 'Failed' ? asking.data : null;
  const over = unwanted !== null;

  function submit() {
    if (over) return onClose();
    if (asking.isPending) return;
    setAsked(true);
    if (type !== 'UpdateVersion' || areImages(changed)) asking.mutate();
  }

  return (
    <Modal
      open
      title={words.title[type](seen.name)}
      onCancel={onClose}
      closable={{ 'aria-label': common.close }}
      onOk={submit}
      okText={over ? words.leave : words.confirm[type]}
      cancelText={common.cancel}
      okButtonProps={{ danger: isDestructive(type) && !over, loading: asking.isPending }}
      cancelButtonProps={over ? { style: { display: 'none' } } : undefined}
      width={type === 'UpdateVersion' ? 680 : 480}
      mask={{ closable: type !== 'UpdateVersion' }}
      afterOpenChange={setOpened}
      focusable={{ focusTriggerAfterClose: true }}
    >
      <p className={`code one-line ${styles.where}`} title={`${seen.cluster} / ${seen.namespace}`}>
        {seen.cluster} / {seen.namespace}
      </p>
      {type === 'UpdateVersion' && <ImagesForm containers={containers} typed={typed} onChange={setTyped} opened={opened} asked={asked} onSubmit={submit} />}
      {!over && (
        <ul className={styles.effects}>
          {effects(type, seen, words, language, openedAt, target).map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
      )}
      {type === 'Rollback' && target && !over && <Images containers={target.containers} title={words.rollbackImages} />}
      <div aria-live="polite">
        {asking.isPending && <p className="soft">{words.asking}</p>}
        {unwanted && <Alert type="error" showIcon title={unwanted.state === 'Refused' ? words.refused : words.failed} description={unwanted.message} />}
        {asking.error && <Alert type="error" showIcon title={words.refused} description={sentence(asking.error)} />}
      </div>
    </Modal>
  );
}

function Images({ containers, title }: { containers: readonly ContainerImage[]; title: string }) {
  return (
    <div className={styles.images}>
      <p className="soft">{title}</p>
      <ul>
        {containers.map((container) => (
          <li key={container.name} className="code">
            {container.image}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The key of a request: the same while the same is asked for, so that a request whose answer was lost isn't done twice. */
function keyOf(keys: Map<string, string>, images: readonly ContainerImage[]): string {
  const asked = JSON.stringify(images);
  const key = keys.get(asked) ?? newKey();
  keys.set(asked, key);
  return key;
}

/** The action with its outcome; null for a deletion, which is no action of a task. */
async function carryOut(type: Asked, task: TaskRow, target: ReleaseRecord | undefined, images: ContainerImage[], key: string, signal: AbortSignal): Promise<Action | null> {
  if (type === 'Delete') {
    const path = { cluster: task.cluster, namespace: task.namespace, name: task.name };
    await call(api.DELETE('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}', { params: { path } }));
    return null;
  }
  const request: ActionRequest = { type, expect: expectationOf(type, task) };
  if (type === 'Rollback' && target) request.rollback = { revision: target.revision };
  if (type === 'UpdateVersion') request.updateVersion = { containers: images };
  return ask(task, request, key, signal);
}

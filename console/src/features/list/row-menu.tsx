import { useQuery } from '@tanstack/react-query';
import { Dropdown, Spin, type MenuProps } from 'antd';
import { useNavigate } from 'react-router';
import { api, call } from '../../api/client';
import type { ActionOffer, TaskRow } from '../../api/types';
import { useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import type { Asked } from '../../components/release/effects';
import { releaseMessages } from '../../components/release/messages';
import { taskKeys, taskPath } from '../../components/release/paths';
import { listMessages } from './messages';
import styles from './row-menu.module.css';

interface Props {
  task: TaskRow;
  /** Beside which button it opens. */
  button: HTMLElement;
  close: () => void;
  ask: (type: Asked, task: TaskRow) => void;
}

/** What can be asked of a task, as the hub says; one menu serves all rows. */
export function RowMenu({ task, button, close, ask }: Props) {
  const words = useMessages(listMessages);
  const release = useMessages(releaseMessages);
  const sentence = useErrorSentence();
  const navigate = useNavigate();
  const path = { cluster: task.cluster, namespace: task.namespace, name: task.name };
  const detail = useQuery({
    queryKey: taskKeys.detail(task),
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}', { params: { path }, signal })),
  });
  const place = button.getBoundingClientRect();
  const leave = () => {
    close();
    button.focus();
  };

  const offers = (detail.data?.actions ?? []).filter((offer) => offer.type !== 'Rollback');
  const items: MenuProps['items'] = [
    { key: 'open', label: words.open },
    { type: 'divider' },
    ...(detail.isPending ? [{ key: 'loading', disabled: true, label: <Spin size="small" aria-label={words.noActions} /> }] : []),
    ...(detail.error ? [{ key: 'error', disabled: true, label: sentence(detail.error) }] : []),
    ...offers.map((offer) => ({ key: offer.type, disabled: !offer.allowed, danger: offer.allowed && (offer.type === 'Terminate' || offer.type === 'Delete'), label: <Offer offer={offer} name={release.actions[offer.type]} /> })),
  ];
  return (
    <Dropdown
      open
      autoFocus
      trigger={['click']}
      placement="bottomRight"
      onOpenChange={(open) => !open && leave()}
      menu={{
        items,
        onClick: ({ key }) => {
          leave();
          if (key === 'open') return void navigate(taskPath(task));
          if (key === 'UpdateRules') return void navigate(`${taskPath(task)}/rules`);
          ask(key as Asked, detail.data ?? task);
        },
      }}
    >
      <span className={styles.anchor} style={{ left: place.left, top: place.top, width: place.width, height: place.height }} />
    </Dropdown>
  );
}

function Offer({ offer, name }: { offer: ActionOffer; name: string }) {
  return (
    <span className={styles.offer}>
      {name}
      {!offer.allowed && offer.reason && <span className={styles.reason}>{offer.reason}</span>}
    </span>
  );
}

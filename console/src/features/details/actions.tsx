import { MoreOutlined } from '@ant-design/icons';
import { Button, Dropdown, Tooltip, type MenuProps } from 'antd';
import { useNavigate } from 'react-router';
import type { ActionOffer, ActionType, TaskDetail } from '../../api/types';
import { useMessages } from '../../app/i18n';
import type { Asked } from '../../components/release/effects';
import { releaseMessages } from '../../components/release/messages';
import { taskPath } from '../../components/release/paths';
import styles from './actions.module.css';
import { detailMessages } from './messages';

/** Which actions stand as buttons, the first of them as the one to press; all others are in the menu. */
export function offeredFirst(task: Pick<TaskDetail, 'phase'>): ActionType[] {
  switch (task.phase) {
    case 'Waiting':
    case 'Releasing':
      return ['Continue', 'Release', 'Terminate'];
    case 'Failed':
    case 'Terminated':
      return ['UpdateVersion', 'Retry'];
    case 'Healthy':
      return ['UpdateVersion'];
    case 'Blocked':
      return ['UpdateRules', 'Delete'];
    default:
      return [];
  }
}

/** What can be asked of the task, each with why not where it can't. */
export function TaskActions({ task, ask }: { task: TaskDetail; ask: (type: Asked) => void }) {
  const words = useMessages(detailMessages);
  const release = useMessages(releaseMessages);
  const navigate = useNavigate();
  const first = offeredFirst(task);
  const offers = new Map(task.actions.map((offer) => [offer.type, offer]));
  // Rolling back begins with choosing a version, in the history.
  const rest = task.actions.filter((offer) => !first.includes(offer.type) && offer.type !== 'Rollback');
  const run = (type: ActionType) => {
    if (type === 'UpdateRules') void navigate(`${taskPath(task)}/rules`);
    else ask(type as Asked);
  };
  const items: MenuProps['items'] = rest.map((offer) => ({
    key: offer.type,
    disabled: !offer.allowed,
    danger: offer.allowed && (offer.type === 'Delete' || offer.type === 'Terminate'),
    label: (
      <span className={styles.item}>
        {release.actions[offer.type]}
        {!offer.allowed && <span className={styles.reason}>{offer.reason}</span>}
      </span>
    ),
  }));
  return (
    <>
      {first.map((type, i) => {
        const offer = offers.get(type);
        return offer && <OfferButton key={type} offer={offer} primary={i === 0 && offer.allowed && task.phase !== 'Releasing'} run={run} />;
      })}
      {rest.length > 0 && (
        <Dropdown trigger={['click']} placement="bottomRight" menu={{ items, onClick: ({ key }) => run(key as ActionType) }}>
          <Button icon={<MoreOutlined />} aria-label={words.menuHint(task.name)} aria-haspopup="menu" />
        </Dropdown>
      )}
    </>
  );
}

function OfferButton({ offer, primary, run }: { offer: ActionOffer; primary: boolean; run: (type: ActionType) => void }) {
  const release = useMessages(releaseMessages);
  // Not `disabled`: a button that keyboards can't reach can't say why it does nothing.
  return (
    <Tooltip title={offer.allowed ? undefined : offer.reason} trigger={['hover', 'focus']}>
      <Button
        type={primary ? 'primary' : 'default'}
        danger={offer.type === 'Terminate' && offer.allowed}
        className={offer.allowed ? undefined : styles.off}
        aria-disabled={!offer.allowed}
        onClick={() => offer.allowed && run(offer.type)}
      >
        {release.actions[offer.type]}
      </Button>
    </Tooltip>
  );
}

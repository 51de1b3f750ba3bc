import { Button, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useMessages } from '../../app/i18n';
import type { Me } from '../../api/types';
import type { Filters } from './filters';
import { isNarrowed } from './filters';
import { listMessages } from './messages';
import styles from './states.module.css';

/** Rows as they will be, while they are being fetched. */
export function Loading() {
  return (
    <div className={`card ${styles.loading}`} aria-busy>
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} className={styles.line}>
          <Skeleton.Node active style={{ width: 120 - (i % 3) * 20, height: 14 }} />
          <Skeleton.Node active style={{ width: 110, height: 14 }} />
          <Skeleton.Node active style={{ width: 240 - (i % 2) * 60, height: 14 }} />
          <Skeleton.Node active style={{ width: 80, height: 14 }} />
        </div>
      ))}
    </div>
  );
}

/** Says why there is nothing to see, and what to do about it. */
export function Nothing({ filters, me, clear }: { filters: Filters; me: Me | undefined; clear: () => void }) {
  const words = useMessages(listMessages);
  if (filters.waitsForMe) {
    return (
      <Notice title={words.noneWaiting} text={words.noneWaitingText}>
        <Button onClick={clear}>{words.clear}</Button>
      </Notice>
    );
  }
  if (isNarrowed(filters)) {
    return (
      <Notice title={words.noneTitle} text={words.noneText}>
        <Button onClick={clear}>{words.clear}</Button>
      </Notice>
    );
  }
  if (me && me.workspaces.length === 0) return <Notice title={words.noWorkspaceTitle} text={words.noWorkspaceText} />;
  return (
    <Notice title={words.emptyTitle} text={words.emptyText} drawing>
      {me?.may.createTasks ? (
        <Link to="/releases/new/canary">
          <Button type="primary" size="large">
            {words.create}
          </Button>
        </Link>
      ) : (
        <p className="soft">{words.emptyViewer}</p>
      )}
    </Notice>
  );
}

export function Notice({ title, text, drawing, children }: { title: string; text: string; drawing?: boolean; children?: ReactNode }) {
  return (
    <div className={`card ${styles.notice}`}>
      {drawing && <Stairs />}
      <h2>{title}</h2>
      <p className="soft">{text}</p>
      {children}
    </div>
  );
}

function Stairs() {
  return (
    <svg className={styles.stairs} width="220" height="84" viewBox="0 0 220 84" aria-hidden>
      <path d="M4 78h212" className={styles.base} />
      <path d="M4 70h44V58h44V42h44V24h44V10h36" className={styles.steps} />
      {[
        [26, 70],
        [70, 58],
        [114, 42],
        [158, 24],
      ].map(([x, y]) => (
        <circle key={x} cx={x} cy={y} r="5" className={styles.dot} />
      ))}
      <circle cx="202" cy="10" r="5" className={styles.end} />
    </svg>
  );
}

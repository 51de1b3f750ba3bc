import { AuditOutlined, CheckCircleOutlined, ClusterOutlined, DeploymentUnitOutlined, TeamOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { Link, NavLink } from 'react-router';
import styles from './frame.module.css';
import { useMessages } from './i18n';
import { frameMessages } from './messages';
import { useScopedPath } from './scope';

export function Brand() {
  const words = useMessages(frameMessages);
  return (
    <Link to="/releases" className={styles.brand}>
      <img src="/favicon.svg" width={24} height={24} alt="" />
      {words.product}
    </Link>
  );
}

/** The pages. `waiting` is how many releases wait for the person. */
export function Navigation({ waiting, onNavigate }: { waiting: number; onNavigate?: () => void }) {
  const words = useMessages(frameMessages);
  const scoped = useScopedPath();
  const item = (to: string, icon: ReactNode, name: string, extra?: ReactNode) => (
    <li>
      <NavLink to={to} className={styles.link} onClick={onNavigate}>
        {icon}
        {name}
        {extra}
      </NavLink>
    </li>
  );
  return (
    <ul>
      {item(scoped('/releases'), <DeploymentUnitOutlined aria-hidden />, words.releases)}
      {item(
        scoped('/approvals'),
        <CheckCircleOutlined aria-hidden />,
        words.approvals,
        waiting > 0 && (
          <span className={styles.count}>
            {waiting > 99 ? '99+' : waiting}
            <span className="visually-hidden"> {words.waitForYou}</span>
          </span>
        ),
      )}
      {item('/clusters', <ClusterOutlined aria-hidden />, words.clusters)}
      {item('/workspaces', <TeamOutlined aria-hidden />, words.workspaces)}
      {item('/audit', <AuditOutlined aria-hidden />, words.audit)}
    </ul>
  );
}

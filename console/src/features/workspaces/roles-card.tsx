import { useMessages } from '../../app/i18n';
import { workspaceMessages } from './messages';
import { roles } from './settings';
import styles from './workspaces.module.css';

/** Who may what. */
export function RolesCard() {
  const words = useMessages(workspaceMessages);
  return (
    <section className={`card ${styles.section}`} aria-labelledby="workspace-roles">
      <h2 id="workspace-roles">{words.whoMayWhat}</h2>
      <dl className={styles.roleList}>
        {roles.map((role) => (
          <div key={role}>
            <dt>{words.roles[role]}</dt>
            <dd>{words.roleHints[role]}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

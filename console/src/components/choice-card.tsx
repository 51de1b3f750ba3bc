import type { ReactNode } from 'react';
import styles from './choice-card.module.css';

interface Props {
  /** Name of the group of choices, the same for each of them. */
  group: string;
  title: ReactNode;
  checked: boolean;
  onChoose: () => void;
  disabled?: boolean;
  /** What there is to know; part of the name of the choice. */
  children?: ReactNode;
  /** What can be pressed inside, outside the choice itself. */
  foot?: ReactNode;
}

/** One of several choices, with room to say what it means; arrow keys move between those of a group. */
export function ChoiceCard({ group, title, checked, onChoose, disabled = false, children, foot }: Props) {
  return (
    <div className={styles.card} data-checked={checked || undefined} data-disabled={disabled || undefined}>
      <label className={styles.label}>
        <input type="radio" className={styles.radio} name={group} checked={checked} disabled={disabled} onChange={onChoose} />
        <span className={styles.body}>
          <strong className={styles.title}>{title}</strong>
          {children}
        </span>
      </label>
      {foot && <div className={styles.foot}>{foot}</div>}
    </div>
  );
}

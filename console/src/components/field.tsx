import { useId, type ReactNode } from 'react';
import styles from './field.module.css';

/** What a control needs to be named by its field, and to show and tell what is wrong. */
export interface ControlProps {
  id: string;
  status: 'error' | '';
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

interface Props {
  label: ReactNode;
  /** It is only read out, where the place of the control says it to the eye. */
  labelHidden?: boolean;
  /** What to know before typing. */
  hint?: ReactNode;
  /** What is wrong with what was typed; nothing when absent or empty. */
  problem?: ReactNode;
  /** Beside the label, such as "optional". */
  beside?: ReactNode;
  children: (control: ControlProps) => ReactNode;
}

/** A label, a control, and under it what is wrong or what to know. */
export function Field({ label, labelHidden = false, hint, problem, beside, children }: Props) {
  const id = useId();
  const below = problem || hint;
  return (
    <div className={styles.field}>
      <div className={labelHidden ? 'visually-hidden' : styles.head}>
        <label className={styles.label} htmlFor={id}>
          {label}
        </label>
        {beside && <span className={styles.beside}>{beside}</span>}
      </div>
      {children({
        id,
        status: problem ? 'error' : '',
        ...(below ? { 'aria-describedby': `${id}-below` } : {}),
        ...(problem ? { 'aria-invalid': true as const } : {}),
      })}
      {/* It is always there, so that screen readers hear when something appears in it. */}
      <div id={`${id}-below`} className={problem ? styles.problem : styles.hint} aria-live="polite">
        {below}
      </div>
    </div>
  );
}

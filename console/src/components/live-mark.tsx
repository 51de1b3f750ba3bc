import type { LiveState } from '../api/live';
import { useMessages } from '../app/i18n';
import { liveMessages } from './live-messages';
import styles from './live-mark.module.css';

/** Says calmly whether what is shown is what is. */
export function LiveMark({ state }: { state: LiveState }) {
  const words = useMessages(liveMessages);
  return (
    <span className={styles.mark} data-state={state} role="status" title={state === 'interrupted' ? words.interruptedHint : undefined}>
      <span className={styles.dot} aria-hidden />
      {words[state]}
    </span>
  );
}

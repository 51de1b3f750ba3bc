import type { AnalysisCheck } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { releaseMessages } from '../../components/release/messages';
import { detailMessages } from './messages';
import styles from './numbers.module.css';

/** What a check compared: the canary's value with the limit, or with that of the stable version. */
export function Numbers({ check }: { check: AnalysisCheck }) {
  const words = useMessages(detailMessages);
  const release = useMessages(releaseMessages);
  const other = check.kind === 'Limit' ? check.limit : check.stable;
  return (
    <span className={styles.numbers}>
      {check.canary && (
        <span className={styles.canary}>
          {release.canary} {check.canary}
        </span>
      )}
      {other && (
        <span className="soft">
          {words.against[check.kind]} {other}
        </span>
      )}
    </span>
  );
}

import { Alert } from 'antd';
import type { ReactNode } from 'react';
import { CopyButton } from '../../components/copy-button';
import styles from './account.module.css';

/** A secret that is shown once, to copy. */
export function ShownOnce({ label, secret, text, children }: { label: string; secret: string; text: string; children?: ReactNode }) {
  return (
    <div className={styles.once}>
      <Alert type="warning" showIcon title={text} />
      <div className={styles.secret}>
        <code aria-label={label}>{secret}</code>
        <CopyButton text={secret} worded />
      </div>
      {children}
    </div>
  );
}

import { LoginOutlined } from '@ant-design/icons';
import { Alert, Button } from 'antd';
import { useState } from 'react';
import type { components } from '../../api/schema.gen';
import { useMessages } from '../../app/i18n';
import { signInMessages } from './messages';
import styles from './sign-in.module.css';

type Method = components['schemas']['OIDCMethod'];

/** A button for each OpenID Connect provider. */
export function Providers({ methods, over, returnTo }: { methods: readonly Method[]; over: boolean; returnTo?: string }) {
  const words = useMessages(signInMessages);
  const [state, setState] = useState<'idle' | 'outside' | 'blocked'>('idle');

  function begin({ startUrl }: Method) {
    if (!over) {
      window.location.assign(startAddress(startUrl, returnTo ?? window.location.pathname + window.location.search));
      return;
    }
    // The page under the dialog holds what was typed, so it must not be left: the provider gets a window of its own.
    const opened = window.open(startAddress(startUrl, '/signed-in'), 'workbench-sign-in', 'popup,width=520,height=680');
    setState(opened ? 'outside' : 'blocked');
  }

  return (
    <div className={styles.providers}>
      {methods.map((method) => (
        <Button key={method.startUrl} size="large" block icon={<LoginOutlined aria-hidden />} onClick={() => begin(method)}>
          {words.with(method.displayName)}
        </Button>
      ))}
      {state !== 'idle' && <Alert type={state === 'blocked' ? 'warning' : 'info'} showIcon title={words[state]} role="status" />}
    </div>
  );
}

/** Where a sign-in begins that comes back to a path of the console. */
export function startAddress(startUrl: string, returnTo: string): string {
  return `${startUrl}${startUrl.includes('?') ? '&' : '?'}${new URLSearchParams({ returnTo })}`;
}

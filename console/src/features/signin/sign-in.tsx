import { useQuery } from '@tanstack/react-query';
import { Alert, Modal, Skeleton } from 'antd';
import { useEffect, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { api, call } from '../../api/client';
import { LoadError } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { LocalForm } from './local-form';
import { signInMessages } from './messages';
import { Providers } from './providers';
import styles from './sign-in.module.css';
import { LookSwitches } from './switches';

/** Asks for a sign-in: the whole page when nobody was signed in, a dialog over it when a session ended. */
export function SignIn({ over }: { over: boolean }) {
  const words = useMessages(signInMessages);
  useEffect(() => {
    if (!over) document.title = `${words.title} · Workbench`;
  }, [over, words]);

  if (over) {
    return (
      <Modal open title={words.again} footer={null} closable={false} keyboard={false} mask={{ closable: false }} width={420} centered>
        <p className={styles.ended}>{words.ended}</p>
        <Methods over />
        <a className={styles.other} href="/">
          {words.otherUser}
        </a>
      </Modal>
    );
  }
  return (
    <Panel>
      <Methods over={false} />
    </Panel>
  );
}

/** The sign-in at an address of its own, where a sign-in at a provider that failed comes back to. */
export function SignInPage() {
  const words = useMessages(signInMessages);
  const [params] = useSearchParams();
  const failure = params.get('error');
  const returnTo = ownPath(params.get('returnTo'));
  useEffect(() => {
    document.title = `${words.title} · Workbench`;
  }, [words]);
  return (
    <Panel>
      {failure !== null && <Alert className={styles.failure} type="error" showIcon role="alert" title={Object.hasOwn(words.failures, failure) ? words.failures[failure as keyof typeof words.failures] : words.failures.other} />}
      <Methods over={false} returnTo={returnTo} />
    </Panel>
  );
}

/** A path of this console; the start page for anything that leads elsewhere. */
export function ownPath(path: string | null): string {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : '/';
}

function Panel({ children }: { children: ReactNode }) {
  const words = useMessages(signInMessages);
  return (
    <div className={styles.page}>
      <div className={styles.look}>
        <LookSwitches />
      </div>
      <main className={styles.panel}>
        <div className={styles.brand}>
          <img src="/favicon.svg" alt="" width={40} height={40} />
          <h1>Workbench</h1>
        </div>
        <p className={styles.lead}>{words.lead}</p>
        {children}
      </main>
    </div>
  );
}

/** What there is to sign in with. With a path to return to, the browser goes there afterwards; else the page goes on. */
function Methods({ over, returnTo }: { over: boolean; returnTo?: string }) {
  const words = useMessages(signInMessages);
  const methods = useQuery({
    queryKey: ['auth', 'methods'],
    queryFn: ({ signal }) => call(api.GET('/api/v1/auth/methods', { signal })),
    staleTime: 60_000,
  });
  if (methods.error) return <LoadError error={methods.error} retry={() => void methods.refetch()} />;
  if (!methods.data) return <Skeleton active title={false} paragraph={{ rows: 5, width: '100%' }} />;
  const { local, oidc } = methods.data;
  if (!local && oidc.length === 0) return <Alert type="info" showIcon title={words.none} />;
  return (
    <>
      {oidc.length > 0 && <Providers methods={oidc} over={over} returnTo={returnTo} />}
      {local && oidc.length > 0 && <div className={styles.or}>{words.or}</div>}
      {local && <LocalForm done={returnTo === undefined ? undefined : () => window.location.assign(returnTo)} />}
    </>
  );
}

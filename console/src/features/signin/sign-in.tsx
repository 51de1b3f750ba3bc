import { useQuery } from '@tanstack/react-query';
import { Alert, Modal, Skeleton } from 'antd';
import { useEffect } from 'react';
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
        <Methods over={false} />
      </main>
    </div>
  );
}

function Methods({ over }: { over: boolean }) {
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
      {oidc.length > 0 && <Providers methods={oidc} over={over} />}
      {local && oidc.length > 0 && <div className={styles.or}>{words.or}</div>}
      {local && <LocalForm />}
    </>
  );
}

import { Result } from 'antd';
import { useEffect } from 'react';
import { session } from '../../api/session';
import { useMessages } from '../../app/i18n';
import { signInMessages } from './messages';

/** Where a sign-in in a window of its own ends: it tells the other windows and closes. */
export function SignedInPage() {
  const words = useMessages(signInMessages);
  useEffect(() => {
    session.signedIn();
    // Browsers close only windows that a script opened; the page says what to do in any other.
    window.close();
  }, []);
  return <Result status="success" title={words.done} subTitle={words.doneHint} extra={<a href="/">{words.toConsole}</a>} />;
}

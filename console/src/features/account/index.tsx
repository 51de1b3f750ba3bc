import { NavLink, Route, Routes } from 'react-router';
import { NotFound } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { Page } from '../../components/page';
import styles from './account.module.css';
import { AccountsPart } from './accounts';
import { accountMessages } from './messages';
import { ProfilePart } from './profile';
import { TokensPart } from './tokens';

export function AccountPage() {
  const words = useMessages(accountMessages);
  const me = useMe().data;
  if (!me) return null;
  const parts = [
    { path: '/account', end: true, title: words.tabs.profile },
    { path: '/account/tokens', title: words.tabs.tokens },
    ...(me.may.manageAccounts ? [{ path: '/account/accounts', title: words.tabs.accounts }] : []),
  ];
  return (
    <Page title={words.title}>
      <nav className={styles.tabs} aria-label={words.sections}>
        {parts.map(({ path, end, title }) => (
          <NavLink key={path} to={path} end={end ?? false} className={styles.tab}>
            {title}
          </NavLink>
        ))}
      </nav>
      <Routes>
        <Route index element={<ProfilePart me={me} />} />
        <Route path="tokens" element={<TokensPart me={me} />} />
        {me.may.manageAccounts && <Route path="accounts" element={<AccountsPart me={me} />} />}
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Page>
  );
}

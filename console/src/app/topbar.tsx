import { GlobalOutlined, MenuOutlined, MoonOutlined, SearchOutlined, SunOutlined, UserOutlined } from '@ant-design/icons';
import { App, Button, Drawer, Dropdown, Select, Tooltip, type MenuProps } from 'antd';
import { useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import styles from './frame.module.css';
import { useMessages } from './i18n';
import { useMe } from './me';
import { frameMessages } from './messages';
import { Brand, Navigation } from './navigation';
import { themeChoices, usePreferences, type ThemeChoice } from './preferences';
import { useWorkspaceScope } from './scope';
import { useSignOut } from './sign-out';

interface Props {
  narrow: boolean;
  waiting: number;
  openPalette: () => void;
}

export function Topbar({ narrow, waiting, openPalette }: Props) {
  const words = useMessages(frameMessages);
  return (
    <header className={styles.top}>
      {narrow && <NavigationDrawer waiting={waiting} />}
      {narrow && <Brand />}
      {narrow && <span className={styles.grow} />}
      {narrow ? (
        <Button type="text" icon={<SearchOutlined />} aria-label={words.search} onClick={openPalette} />
      ) : (
        <button type="button" className={styles.search} onClick={openPalette} aria-keyshortcuts="Control+K Meta+K">
          <SearchOutlined aria-hidden />
          <span className="one-line">{words.searchHint}</span>
          <kbd aria-hidden>{/Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘ K' : 'Ctrl K'}</kbd>
        </button>
      )}
      {!narrow && <span className={styles.grow} />}
      {!narrow && <WorkspaceSwitch />}
      <LanguageMenu />
      <ThemeMenu />
      <AccountMenu />
    </header>
  );
}

function NavigationDrawer({ waiting }: { waiting: number }) {
  const words = useMessages(frameMessages);
  const { pathname } = useLocation();
  // Open only on the page it was opened on: going anywhere, also by the back button, closes it.
  const [openOn, setOpenOn] = useState<string | null>(null);
  return (
    <>
      <Button type="text" icon={<MenuOutlined />} aria-label={words.openNavigation} onClick={() => setOpenOn(pathname)} />
      <Drawer placement="left" size={264} open={openOn === pathname} onClose={() => setOpenOn(null)} title={words.product} styles={{ body: { padding: 12 } }}>
        <nav aria-label={words.navigation}>
          <Navigation waiting={waiting} onNavigate={() => setOpenOn(null)} />
        </nav>
        <div className={styles.inDrawer}>
          <WorkspaceSwitch />
        </div>
      </Drawer>
    </>
  );
}

/** Narrows lists to one workspace. Only somebody who has several has anything to switch. */
function WorkspaceSwitch() {
  const words = useMessages(frameMessages);
  const me = useMe();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [workspace, setWorkspace] = useWorkspaceScope();
  const workspaces = me.data?.workspaces ?? [];
  if (workspaces.length < 2 && !workspace) return null;
  const all = '';
  const choose = (chosen: string) => {
    // Other pages have no list to narrow: it leads to the one that has.
    if (pathname === '/releases' || pathname === '/approvals') setWorkspace(chosen || null);
    else void navigate(chosen ? `/releases?${new URLSearchParams({ workspace: chosen })}` : '/releases');
  };
  return (
    <Select
      className={styles.workspace}
      aria-label={words.workspace}
      value={workspace ?? all}
      onChange={choose}
      popupMatchSelectWidth={false}
      options={[{ value: all, label: words.allWorkspaces }, ...workspaces.map((one) => ({ value: one.workspace, label: one.displayName || one.workspace }))]}
    />
  );
}

function LanguageMenu() {
  const words = useMessages(frameMessages);
  const { language, setLanguage } = usePreferences();
  const menu: MenuProps = {
    selectable: true,
    selectedKeys: [language],
    items: [
      { key: 'en', label: <span lang="en">English</span> },
      { key: 'zh', label: <span lang="zh-CN">中文</span> },
    ],
    onClick: ({ key }) => setLanguage(key === 'zh' ? 'zh' : 'en'),
  };
  return (
    <Dropdown menu={menu} trigger={['click']} placement="bottomRight">
      <Tooltip title={words.language}>
        <Button type="text" icon={<GlobalOutlined />} aria-label={words.language} aria-haspopup="menu" />
      </Tooltip>
    </Dropdown>
  );
}

function ThemeMenu() {
  const words = useMessages(frameMessages);
  const { themeChoice, setThemeChoice, dark } = usePreferences();
  const menu: MenuProps = {
    selectable: true,
    selectedKeys: [themeChoice],
    items: themeChoices.map((choice) => ({ key: choice, label: words.themes[choice] })),
    onClick: ({ key }) => setThemeChoice(key as ThemeChoice),
  };
  return (
    <Dropdown menu={menu} trigger={['click']} placement="bottomRight">
      <Tooltip title={words.theme}>
        <Button type="text" icon={dark ? <MoonOutlined /> : <SunOutlined />} aria-label={words.theme} aria-haspopup="menu" />
      </Tooltip>
    </Dropdown>
  );
}

function AccountMenu() {
  const words = useMessages(frameMessages);
  const me = useMe();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const signOut = useSignOut();
  const menu: MenuProps = {
    items: [
      { key: 'who', type: 'group', label: me.data?.displayName || me.data?.name || words.account },
      { key: 'account', label: words.accountAndTokens },
      { key: 'reference', label: <a href="/docs">{words.apiReference}</a> },
      { type: 'divider' },
      { key: 'sign-out', label: words.signOut },
    ],
    onClick: ({ key }) => {
      if (key === 'account') void navigate('/account');
      if (key === 'sign-out') signOut().catch(() => message.error(words.signOutFailed));
    },
  };
  return (
    <Dropdown menu={menu} trigger={['click']} placement="bottomRight">
      <Button type="text" icon={<UserOutlined />} aria-label={words.account} aria-haspopup="menu" />
    </Dropdown>
  );
}

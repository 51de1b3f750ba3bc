import { Spin } from 'antd';
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { Outlet } from 'react-router';
import { session } from '../api/session';
import { LoadError } from './errors';
import styles from './frame.module.css';
import { useMessages } from './i18n';
import { useMe } from './me';
import { frameMessages } from './messages';
import { Brand, Navigation } from './navigation';
import { useNarrow } from './preferences';
import { Topbar } from './topbar';
import { useWaiting } from './waiting';

const SignIn = lazy(async () => ({ default: (await import('../features/signin')).SignIn }));
const Palette = lazy(async () => ({ default: (await import('../features/palette')).Palette }));

/** What is around every page: navigation, the bar at the top, and the sign-in when there is no session. */
export function Frame() {
  const me = useMe();
  const ended = useSyncExternalStore(session.subscribe, session.hasEnded);
  // Nobody was signed in yet: the sign-in is the page. Later it lies over the page, which keeps what was typed.
  if (!me.data && ended) {
    return (
      <Suspense>
        <SignIn over={false} />
      </Suspense>
    );
  }
  if (me.error) return <LoadError error={me.error} retry={() => void me.refetch()} />;
  if (!me.data) return <Spin fullscreen delay={400} />;
  return (
    <>
      <Page />
      {ended && (
        <Suspense>
          <SignIn over />
        </Suspense>
      )}
    </>
  );
}

function Page() {
  const narrow = useNarrow();
  const words = useMessages(frameMessages);
  const [paletteOpen, setPaletteOpen] = useState(false);
  usePaletteKey(setPaletteOpen);
  const waiting = useWaiting();
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        {words.skip}
      </a>
      {!narrow && <Brand />}
      <Topbar narrow={narrow} waiting={waiting} openPalette={() => setPaletteOpen(true)} />
      {!narrow && (
        <nav className={styles.nav} aria-label={words.navigation}>
          <Navigation waiting={waiting} />
        </nav>
      )}
      <main className={styles.main} id="content" tabIndex={-1}>
        <div className={styles.content}>
          <Outlet />
        </div>
      </main>
      {paletteOpen && (
        <Suspense>
          <Palette close={() => setPaletteOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}

function usePaletteKey(setOpen: (change: (open: boolean) => boolean) => void) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      setOpen((open) => !open);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [setOpen]);
}

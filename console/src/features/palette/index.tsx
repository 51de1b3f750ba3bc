import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Modal } from 'antd';
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { api, call } from '../../api/client';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { frameMessages } from '../../app/messages';
import { usePreferences } from '../../app/preferences';
import { useSignOut } from '../../app/sign-out';
import { taskId, taskKeys, taskPath } from '../../components/release/paths';
import { PhaseLabel } from '../../components/release/phase';
import { matches } from './match';
import { paletteMessages } from './messages';
import styles from './palette.module.css';

interface Entry {
  key: string;
  group: string;
  name: string;
  note?: ReactNode;
  run: () => void;
}

/** Finds tasks, pages and actions by what is typed; the keyboard alone is enough. */
export function Palette({ close }: { close: () => void }) {
  const words = useMessages(paletteMessages);
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const { entries, searching } = useEntries(typed);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const current = Math.min(chosen, Math.max(0, entries.length - 1));

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [current, entries.length]);

  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    entry.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && entries.length > 0) {
      event.preventDefault();
      setChosen((current + by + entries.length) % entries.length);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      run(entries[current]);
    }
  };

  return (
    <Modal open onCancel={close} footer={null} closable={false} width={600} style={{ top: 96 }} title={<span className="visually-hidden">{words.title}</span>} className={styles.palette} styles={{ header: { margin: 0 } }}>
      <input
        className={styles.input}
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={entries.length > 0 ? `${id}-${current}` : undefined}
        aria-label={words.title}
        aria-autocomplete="list"
        placeholder={words.hint}
        spellCheck={false}
        autoComplete="off"
        maxLength={200}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKey}
      />
      <ul className={styles.list} role="listbox" id={`${id}-list`} aria-label={words.title} ref={list}>
        {entries.map((entry, i) => (
          // The input has the keyboard; see aria-activedescendant.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={entry.key}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === current}
            className={styles.entry}
            data-group={entry.group !== entries[i - 1]?.group ? entry.group : undefined}
            onPointerMove={() => setChosen(i)}
            onClick={() => run(entry)}
          >
            <span className="one-line">{entry.name}</span>
            {entry.note && <span className={styles.note}>{entry.note}</span>}
          </li>
        ))}
      </ul>
      {entries.length === 0 && <p className={styles.nothing}>{searching ? words.searching : words.nothing(typed.trim())}</p>}
      <p className={styles.keys}>{words.keys}</p>
    </Modal>
  );
}

function useEntries(typed: string): { entries: Entry[]; searching: boolean } {
  const words = useMessages(paletteMessages);
  const frame = useMessages(frameMessages);
  const navigate = useNavigate();
  const me = useMe();
  const signOut = useSignOut();
  const { setThemeChoice, setLanguage, dark, language } = usePreferences();
  const q = useSettled(typed.trim(), 150);
  const query = { q, pageSize: 8 };
  const tasks = useQuery({
    queryKey: taskKeys.list({ palette: query }),
    queryFn: ({ signal }) => call(api.GET('/api/v1/release-tasks', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
  const go = (path: string) => () => void navigate(path);
  const pages: Entry[] = [
    ['/releases', frame.releases],
    ['/approvals', frame.approvals],
    ['/clusters', frame.clusters],
    ['/workspaces', frame.workspaces],
    ['/audit', frame.audit],
    ['/account', frame.accountAndTokens],
  ].map(([path = '', name = '']) => ({ key: path, group: words.pages, name, run: go(path) }));
  const action = (key: string, name: string, run: () => void): Entry => ({ key, group: words.actions, name, run });
  const actions: Entry[] = [
    ...(me.data?.may.createTasks ? [action('create', words.create, go('/releases/new/canary'))] : []),
    action('failed', words.failed, go('/releases?phase=Failed')),
    dark ? action('light', words.light, () => setThemeChoice('light')) : action('dark', words.dark, () => setThemeChoice('dark')),
    language === 'en' ? action('zh', words.chinese, () => setLanguage('zh')) : action('en', words.english, () => setLanguage('en')),
    action('sign-out', words.signOut, () => void signOut()),
  ];
  const found: Entry[] = (tasks.data?.items ?? []).map((task) => ({
    key: taskId(task),
    group: words.tasks,
    name: task.name,
    note: (
      <>
        {task.cluster} / {task.namespace} <PhaseLabel phase={task.phase} />
      </>
    ),
    run: go(taskPath(task)),
  }));
  const wanted = (entry: Entry) => matches(entry.name, typed);
  return { entries: [...found, ...pages.filter(wanted), ...actions.filter(wanted)], searching: tasks.isFetching };
}

function useSettled(value: string, after: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), after);
    return () => clearTimeout(timer);
  }, [value, after]);
  return settled;
}

import { Alert, Button, Input, Segmented, Tag } from 'antd';
import { useMutation } from '@tanstack/react-query';
import { App } from 'antd';
import { useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { api, call } from '../../api/client';
import type { Me } from '../../api/types';
import { useErrorSentence } from '../../app/errors';
import { useLanguage, useMessages } from '../../app/i18n';
import { frameMessages } from '../../app/messages';
import { themeChoices, usePreferences } from '../../app/preferences';
import { Field } from '../../components/field';
import { exactTime } from '../../components/time';
import styles from './account.module.css';
import { accountMessages } from './messages';

/** Who is signed in, how the console looks, and the password. */
export function ProfilePart({ me }: { me: Me }) {
  const words = useMessages(accountMessages);
  const language = useLanguage();
  return (
    <div className={styles.sections}>
      <section className={`card ${styles.section}`} aria-label={words.tabs.profile}>
        <dl className={styles.facts}>
          <dt>{words.name}</dt>
          <dd>
            {me.displayName || me.name} {me.displayName && me.displayName !== me.name && <span className="soft">({me.name})</span>} {me.admin && <Tag>{words.platformAdmin}</Tag>}
          </dd>
          <dt>{words.groups}</dt>
          <dd>{me.groups.join(', ') || words.groupsNone}</dd>
          <dt>{words.method}</dt>
          <dd>{words.methods[me.method]}</dd>
          {me.expiresAt && (
            <>
              <dt>{words.until}</dt>
              <dd>{exactTime(me.expiresAt, language)}</dd>
            </>
          )}
          <dt>{words.roles}</dt>
          <dd>
            {me.workspaces.length === 0 && words.rolesNone}
            <ul>
              {me.workspaces.map(({ workspace, displayName, role }) => (
                <li key={workspace}>
                  <Link to={`/workspaces/${workspace}`}>{displayName}</Link> <span className="soft">· {words.roleNames[role]}</span>
                </li>
              ))}
            </ul>
          </dd>
        </dl>
      </section>
      <LookSection />
      <section className={`card ${styles.section}`} aria-labelledby="account-password">
        <h2 id="account-password">{words.password}</h2>
        {me.may.changePassword ? <PasswordForm name={me.name} /> : <p className="soft">{words.elsewhere}</p>}
      </section>
    </div>
  );
}

function LookSection() {
  const words = useMessages(accountMessages);
  const frame = useMessages(frameMessages);
  const { language, setLanguage, themeChoice, setThemeChoice } = usePreferences();
  return (
    <section className={`card ${styles.section}`} aria-labelledby="account-look">
      <h2 id="account-look">{words.look}</h2>
      <div className={styles.look}>
        <div>
          <p className={styles.label} id="account-language">
            {words.language}
          </p>
          <Segmented
            aria-labelledby="account-language"
            value={language}
            options={[
              { value: 'en' as const, label: <span lang="en">English</span> },
              { value: 'zh' as const, label: <span lang="zh-CN">中文</span> },
            ]}
            onChange={setLanguage}
          />
        </div>
        <div>
          <p className={styles.label} id="account-theme">
            {words.theme}
          </p>
          <Segmented aria-labelledby="account-theme" value={themeChoice} options={themeChoices.map((choice) => ({ value: choice, label: frame.themes[choice] }))} onChange={setThemeChoice} />
        </div>
      </div>
    </section>
  );
}

/** The shortest password that the hub takes, in characters. */
const shortest = 12;

function PasswordForm({ name }: { name: string }) {
  const words = useMessages(accountMessages);
  const errorSentence = useErrorSentence();
  const { message } = App.useApp();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [sent, setSent] = useState(false);
  const change = useMutation({ mutationFn: () => call(api.PUT('/api/v1/me/password', { body: { current, new: next } })) });
  const problems = {
    current: current === '' ? words.passwordMissing : undefined,
    next: [...next].length < shortest ? words.tooShort : next === current ? words.same : undefined,
    again: again !== next ? words.differ : undefined,
  };

  function submit(event: FormEvent) {
    event.preventDefault();
    setSent(true);
    if (problems.current ?? problems.next ?? problems.again) return;
    change.mutate(undefined, {
      onSuccess: () => {
        setCurrent('');
        setNext('');
        setAgain('');
        setSent(false);
        message.success(words.changed);
      },
    });
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {/* For password managers. */}
      <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
      <Field label={words.current} problem={sent && problems.current}>
        {(control) => <Input.Password {...control} autoComplete="current-password" maxLength={256} value={current} onChange={(event) => setCurrent(event.target.value)} />}
      </Field>
      <Field label={words.next} hint={words.nextHint} problem={sent && problems.next}>
        {(control) => <Input.Password {...control} autoComplete="new-password" maxLength={256} value={next} onChange={(event) => setNext(event.target.value)} />}
      </Field>
      <Field label={words.again} problem={(sent || (again !== '' && again.length >= next.length)) && problems.again}>
        {(control) => <Input.Password {...control} autoComplete="new-password" maxLength={256} value={again} onChange={(event) => setAgain(event.target.value)} />}
      </Field>
      {change.error && <Alert type="error" showIcon role="alert" title={errorSentence(change.error)} />}
      <Button htmlType="submit" type="primary" loading={change.isPending}>
        {words.change}
      </Button>
    </form>
  );
}

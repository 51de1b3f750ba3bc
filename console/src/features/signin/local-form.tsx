import { Alert, Button, Input } from 'antd';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client';
import { problemOf } from '../../api/problem';
import { session } from '../../api/session';
import { useErrorSentence } from '../../app/errors';
import { useLanguage, useMessages } from '../../app/i18n';
import { Field } from '../../components/field';
import { duration, useNow } from '../../components/time';
import { signInMessages } from './messages';
import { retryAt } from './retry-after';
import styles from './sign-in.module.css';

/** Name and password of a local account; `done` is for after the sign-in, where the page doesn't just go on. */
export function LocalForm({ done }: { done?: () => void }) {
  const words = useMessages(signInMessages);
  const errorSentence = useErrorSentence();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | { until: number } | null>(null);
  const held = useHeld(refusal);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSent(true);
    if (name.trim() === '' || password === '' || busy || held.active) return;
    setBusy(true);
    setRefusal(null);
    try {
      const { error, response } = await api.POST('/api/v1/auth/sign-in', { body: { name: name.trim(), password } });
      if (response.ok) {
        session.signedIn();
        return done?.();
      }
      if (response.status === 401) setRefusal(words.wrong);
      else if (response.status === 429) {
        const until = retryAt(response.headers.get('Retry-After'), Date.now());
        setRefusal(until === null ? words.tooManyUnknown : { until });
      } else setRefusal(errorSentence(problemOf(response, error)));
      setPassword('');
      setSent(false);
    } catch (error) {
      setRefusal(errorSentence(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
      {held.sentence && <Alert type="error" showIcon title={held.sentence} role="alert" />}
      <Field label={words.name} problem={sent && name.trim() === '' && words.nameMissing}>
        {(control) => (
          <Input {...control} size="large" name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus maxLength={128} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <Field label={words.password} problem={sent && password === '' && words.passwordMissing}>
        {(control) => (
          <Input.Password {...control} size="large" name="password" autoComplete="current-password" maxLength={256} value={password} onChange={(event) => setPassword(event.target.value)} />
        )}
      </Field>
      <Button type="primary" size="large" htmlType="submit" block loading={busy} disabled={held.active}>
        {words.submit}
      </Button>
    </form>
  );
}

/** The sentence of a refusal; one that ends counts down and goes. */
function useHeld(refusal: string | { until: number } | null): { active: boolean; sentence: string | null } {
  const words = useMessages(signInMessages);
  const language = useLanguage();
  const now = useNow();
  if (refusal === null || typeof refusal === 'string') return { active: false, sentence: refusal };
  const left = Math.ceil((refusal.until - now) / 1000) * 1000;
  return left > 0 ? { active: true, sentence: words.tooMany(duration(left, language)) } : { active: false, sentence: null };
}

import { Alert, Button, Checkbox, Input, Segmented, Switch } from 'antd';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Link } from 'react-router';
import { useMessages } from '../../app/i18n';
import { commonMessages } from '../../app/messages';
import { Field } from '../../components/field';
import { ChoiceCard } from '../../components/choice-card';
import styles from './clusters.module.css';
import { clusterMessages } from './messages';
import { clusterProblems, inputOf, type Cluster, type ClusterInput } from './settings';

interface Props {
  existing: Cluster | undefined;
  /** Fields above the rest, and whether something is wrong with them. */
  before?: ReactNode;
  blocked?: boolean;
  /** The person wants to send: show also what is missing. */
  onAttempt?: () => void;
  submit: string;
  busy: boolean;
  problem: ReactNode;
  /** Where Cancel leads. */
  back: string;
  onSubmit: (input: ClusterInput) => void;
}

/** How a cluster is reached, and where its metrics come from. Secrets go in and never come out. */
export function ClusterForm({ existing, before, blocked = false, onAttempt, submit, busy, problem, back, onSubmit }: Props) {
  const words = useMessages(clusterMessages);
  const common = useMessages(commonMessages);
  const [input, setInput] = useState(() => inputOf(existing));
  const [complete, setComplete] = useState(false);
  const problems = clusterProblems(input, existing);
  const set = (part: Partial<ClusterInput>) => setInput({ ...input, ...part });
  const hasKubeconfig = existing !== undefined && !existing.inCluster;

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setComplete(true);
    onAttempt?.();
    if (problems.kubeconfig || problems.address || blocked) {
      const form = event.currentTarget;
      requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    onSubmit(input);
  }

  return (
    <form className={styles.sections} onSubmit={send} noValidate>
      <section className={`card ${styles.section}`}>
        {before}
        <Field label={words.displayName} hint={words.displayNameHint}>
          {(control) => <Input {...control} className={styles.narrow} maxLength={100} value={input.displayName} onChange={(event) => set({ displayName: event.target.value })} />}
        </Field>
      </section>
      <section className={`card ${styles.section}`} aria-labelledby="cluster-access">
        <h2 id="cluster-access">{words.access}</h2>
        <div className={styles.choices} role="radiogroup" aria-labelledby="cluster-access">
          <ChoiceCard group="access" title={words.byKubeconfig} checked={!input.inCluster} onChoose={() => set({ inCluster: false })}>
            <span className="soft">{words.byKubeconfigHint}</span>
          </ChoiceCard>
          <ChoiceCard group="access" title={words.inCluster} checked={input.inCluster} onChoose={() => set({ inCluster: true })}>
            <span className="soft">{words.inClusterHint}</span>
          </ChoiceCard>
        </div>
        {!input.inCluster && (
          <Field label={words.kubeconfig} hint={hasKubeconfig ? words.kubeconfigKept : words.kubeconfigHint} problem={complete && problems.kubeconfig && words.kubeconfigMissing}>
            {(control) => (
              <Input.TextArea
                {...control}
                className="code"
                autoSize={{ minRows: 6, maxRows: 16 }}
                maxLength={65_536}
                spellCheck={false}
                autoComplete="off"
                placeholder={hasKubeconfig ? '••••••••' : 'apiVersion: v1\nkind: Config\n…'}
                value={input.kubeconfig}
                onChange={(event) => set({ kubeconfig: event.target.value })}
              />
            )}
          </Field>
        )}
      </section>
      <PrometheusFields input={input} existing={existing} addressWrong={complete && problems.address} onChange={(prometheus) => set({ prometheus })} />
      {problem && <Alert type="error" showIcon role="alert" title={problem} />}
      <div className={styles.foot}>
        <Link to={back}>
          <Button tabIndex={-1}>{common.cancel}</Button>
        </Link>
        <Button type="primary" htmlType="submit" loading={busy}>
          {submit}
        </Button>
      </div>
    </form>
  );
}

interface PrometheusProps {
  input: ClusterInput;
  existing: Cluster | undefined;
  addressWrong: boolean;
  onChange: (prometheus: ClusterInput['prometheus']) => void;
}

function PrometheusFields({ input, existing, addressWrong, onChange }: PrometheusProps) {
  const words = useMessages(clusterMessages);
  const { prometheus } = input;
  const set = (part: Partial<ClusterInput['prometheus']>) => onChange({ ...prometheus, ...part });
  // What is kept is that of the same way to sign in.
  const kept = existing?.prometheus !== undefined && existing.prometheus.auth === prometheus.auth ? words.secretKept : undefined;
  return (
    <section className={`card ${styles.section}`} aria-labelledby="cluster-metrics">
      <div className={styles.switch}>
        <h2 id="cluster-metrics">{words.prometheus}</h2>
        <Switch aria-label={words.prometheusOn} checked={prometheus.on} onChange={(on) => set({ on })} />
      </div>
      {prometheus.on && (
        <>
          <Field label={words.address} hint={words.addressHint} problem={addressWrong && words.addressProblem}>
            {(control) => <Input {...control} inputMode="url" autoComplete="off" spellCheck={false} maxLength={1024} value={prometheus.address} onChange={(event) => set({ address: event.target.value })} />}
          </Field>
          <div>
            <p className={styles.label} id="cluster-auth">
              {words.auth}
            </p>
            <Segmented
              aria-labelledby="cluster-auth"
              value={prometheus.auth}
              options={(['None', 'Basic', 'Bearer'] as const).map((auth) => ({ value: auth, label: words.auths[auth] }))}
              onChange={(auth) => set({ auth })}
            />
          </div>
          {prometheus.auth === 'Basic' && (
            <div className={styles.pair}>
              <Field label={words.username} hint={kept}>
                {(control) => <Input {...control} autoComplete="off" maxLength={256} value={prometheus.username} onChange={(event) => set({ username: event.target.value })} />}
              </Field>
              <Field label={words.password} hint={kept}>
                {(control) => <Input.Password {...control} autoComplete="new-password" maxLength={4096} value={prometheus.password} onChange={(event) => set({ password: event.target.value })} />}
              </Field>
            </div>
          )}
          {prometheus.auth === 'Bearer' && (
            <Field label={words.token} hint={kept}>
              {(control) => <Input.Password {...control} autoComplete="new-password" maxLength={16_384} value={prometheus.token} onChange={(event) => set({ token: event.target.value })} />}
            </Field>
          )}
          <Field label={words.ca} hint={words.caHint}>
            {(control) => (
              <Input.TextArea {...control} className="code" autoSize={{ minRows: 2, maxRows: 10 }} spellCheck={false} maxLength={65_536} value={prometheus.ca} onChange={(event) => set({ ca: event.target.value })} />
            )}
          </Field>
          <div>
            <Checkbox checked={prometheus.insecure} onChange={(event) => set({ insecure: event.target.checked })}>
              {words.insecure}
            </Checkbox>
            <p className={`soft ${styles.small}`}>{words.insecureHint}</p>
          </div>
        </>
      )}
    </section>
  );
}

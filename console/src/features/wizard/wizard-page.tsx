import { App, Alert, Button, Result } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { commonMessages } from '../../app/messages';
import { Page } from '../../components/page';
import { hasGaps } from './basics';
import { BasicStep, useBasics } from './basic-step';
import { CheckStep } from './check-step';
import { toSpec, type Draft } from './draft';
import { ImageDialog } from './image-dialog';
import { wizardMessages } from './messages';
import { useClusters, usePreflight, type Workload } from './queries';
import { hasRulesProblems } from './rules';
import { RulesStep } from './rules-step';
import { SubmitError, useSubmit } from './submit';
import { Summary } from './summary';
import { useDraft, type DraftState } from './use-draft';
import { WizardSteps, wizardSteps, type WizardStep } from './wizard-steps';
import styles from './wizard.module.css';

/** The wizard that creates a release task. */
export function WizardPage() {
  const words = useMessages(wizardMessages);
  const me = useMe().data;
  const { strategy } = useParams();
  if (!me) return null;
  if (strategy !== 'canary') {
    return (
      <Page title={words.unknownStrategy}>
        <Result
          status="info"
          title={words.unknownStrategyHint}
          extra={
            <Link to="/releases/new/canary">
              <Button type="primary">{words.toCanary}</Button>
            </Link>
          }
        />
      </Page>
    );
  }
  if (!me.may.createTasks) {
    return (
      <Page title={words.title}>
        <Result status="info" title={words.mayNot} subTitle={words.mayNotHint} />
      </Page>
    );
  }
  return <Wizard key={me.name} user={me.name} />;
}

function Wizard({ user }: { user: string }) {
  const words = useMessages(wizardMessages);
  const { modal } = App.useApp();
  const common = useMessages(commonMessages);
  const [given] = useSearchParams();
  const state = useDraft(user, fromAddress(given));
  const { draft, change } = state;
  const basics = useBasics(draft);
  const clusters = useClusters();
  const cluster = clusters.data?.items.find((one) => one.name === draft.cluster);
  const { step, go } = useStep(draft, basics.taken, basics.workload);
  const [complete, setComplete] = useState<WizardStep | null>(null);
  const body = useRef<HTMLDivElement>(null);

  function next() {
    const wrong = step === 'basic' ? hasGaps(basics.gaps) : hasRulesProblems(draft.rules);
    if (wrong) {
      setComplete(step);
      // What is wrong is on the page after the next frame.
      requestAnimationFrame(() => {
        const first = body.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]');
        first?.scrollIntoView({ block: 'center', behavior: 'smooth' });
        first?.focus({ preventScroll: true });
      });
      return;
    }
    setComplete(null);
    go(step === 'basic' ? 'rules' : 'check');
  }

  function startOver() {
    modal.confirm({
      title: words.startOverAsk,
      okText: words.startOverDo,
      cancelText: common.cancel,
      onOk: () => {
        state.startOver();
        setComplete(null);
        go('basic');
      },
    });
  }

  return (
    <Page title={words.title} actions={state.restored && <Button onClick={startOver}>{words.startOver}</Button>}>
      <WizardSteps step={step} reachable={reachable(draft, basics.taken, basics.workload)} go={go} />
      <div className={styles.layout} data-step={step}>
        <div ref={body} className={styles.main}>
          {state.restored && step === 'basic' && <p className={styles.restored}>{words.kept}</p>}
          {step === 'basic' && <BasicStep draft={draft} change={change} complete={complete === 'basic'} />}
          {step === 'rules' && <RulesStep draft={draft} change={change} complete={complete === 'rules'} cluster={cluster} workload={basics.workload} />}
          {step === 'check' && <Check state={state} workload={basics.workload} back={() => go('rules')} />}
          {step !== 'check' && (
            <div className={styles.foot}>
              {complete === step && (
                <span className={styles.missing} role="status">
                  {words.notComplete}
                </span>
              )}
              {step === 'rules' && <Button onClick={() => go('basic')}>{words.back}</Button>}
              <Button type="primary" onClick={next}>
                {words.next}
              </Button>
            </div>
          )}
        </div>
        <Summary draft={draft} cluster={cluster} workload={basics.workload} rules={step !== 'basic'} drawing={step === 'check'} />
      </div>
    </Page>
  );
}

/** What a link into the wizard says already: the workload that somebody looks at elsewhere. */
function fromAddress(params: URLSearchParams): Partial<Draft> {
  const [cluster, namespace, workload] = ['cluster', 'namespace', 'workload'].map((name) => params.get(name) ?? undefined);
  if (!cluster) return {};
  return { cluster, namespace, workload: namespace && workload };
}

/** The steps that the draft is complete enough for. */
function reachable(draft: Draft, taken: boolean, workload: Workload | undefined): WizardStep[] {
  if (!draft.name || !draft.cluster || !draft.namespace || !draft.workload || taken || workload?.task) return ['basic'];
  return hasRulesProblems(draft.rules) ? ['basic', 'rules'] : ['basic', 'rules', 'check'];
}

/** The step in the address, so that the browser's back button goes back a step. */
function useStep(draft: Draft, taken: boolean, workload: Workload | undefined): { step: WizardStep; go: (step: WizardStep) => void } {
  const navigate = useNavigate();
  const params = useParams();
  const asked = wizardSteps.find((one) => one === params['*']) ?? 'basic';
  const possible = reachable(draft, taken, workload);
  const step = possible.includes(asked) ? asked : (possible.at(-1) ?? 'basic');
  useEffect(() => {
    window.scrollTo({ top: 0 });
  }, [step]);
  return { step, go: (to) => void navigate(`/releases/new/canary/${to}`) };
}

/** The last page with its buttons. */
function Check({ state, workload, back }: { state: DraftState; workload: Workload | undefined; back: () => void }) {
  const { draft, change, done } = state;
  const words = useMessages(wizardMessages);
  const { notification } = App.useApp();
  const errorSentence = useErrorSentence();
  const navigate = useNavigate();
  const preflight = usePreflight(draft.cluster ?? '', draft.namespace ?? '', draft.name, toSpec(draft));
  const submit = useSubmit(change);
  const [asking, setAsking] = useState(draft.sent === 'created');
  const containers = preflight.data?.found.containers ?? workload?.containers ?? [];
  const created = draft.sent === 'created';
  const failure = submit.error instanceof SubmitError ? submit.error : null;

  function order(images: { name: string; image: string }[]) {
    submit.mutate(
      { draft, containers: images },
      {
        onSuccess: () => {
          done();
          const { cluster, namespace, name } = draft;
          const updated = images.length > 0;
          notification.success({ title: updated ? words.updated : words.created, description: updated ? words.updatedText(name) : words.createdText(name), placement: 'top' });
          void navigate('/releases', { state: { created: { cluster, namespace, name } } });
        },
      },
    );
  }

  const failed = failure && (
    <>
      <strong>{failure.part === 'create' ? words.createFailed : words.updateFailed}</strong>
      <br />
      {errorSentence(failure.cause)}
    </>
  );
  return (
    <>
      <div className="card">
        <CheckStep draft={draft} preflight={preflight} />
      </div>
      {failed && !asking && <Alert type="error" showIcon title={failed} role="alert" />}
      <div className={styles.foot}>
        {created ? (
          <Link to={`/releases/${draft.cluster ?? ''}/${draft.namespace ?? ''}/${draft.name}`} onClick={done}>
            <Button>{words.goToTask}</Button>
          </Link>
        ) : (
          <>
            <Button onClick={back} className={styles.footStart}>
              {words.back}
            </Button>
            <Button title={words.createHint} loading={submit.isPending && !asking} disabled={preflight.isError} onClick={() => order([])}>
              {words.create}
            </Button>
          </>
        )}
        <Button type="primary" title={words.createAndUpdateHint} disabled={submit.isPending || containers.length === 0} onClick={() => setAsking(true)}>
          {created ? words.tryUpdateAgain : words.createAndUpdate}
        </Button>
      </div>
      {asking && (
        <ImageDialog
          name={draft.name}
          containers={containers}
          images={draft.images}
          onChange={(images) => change({ images })}
          onCancel={() => setAsking(false)}
          onOk={order}
          busy={submit.isPending}
          problem={failed}
        />
      )}
    </>
  );
}

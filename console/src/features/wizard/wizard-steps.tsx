import { CheckOutlined } from '@ant-design/icons';
import { useMessages } from '../../app/i18n';
import { wizardMessages } from './messages';
import styles from './wizard.module.css';

export const wizardSteps = ['basic', 'rules', 'check'] as const;
export type WizardStep = (typeof wizardSteps)[number];

interface Props {
  step: WizardStep;
  /** The steps that can be gone to. */
  reachable: readonly WizardStep[];
  go: (step: WizardStep) => void;
}

/** The steps of the wizard: which one this is, and the way to the others. */
export function WizardSteps({ step, reachable, go }: Props) {
  const words = useMessages(wizardMessages);
  const at = wizardSteps.indexOf(step);
  return (
    <nav aria-label={words.steps}>
      <ol className={styles.steps}>
        {wizardSteps.map((one, i) => (
          <li key={one} className={styles.step} data-done={i < at || undefined}>
            <button type="button" aria-current={one === step ? 'step' : undefined} disabled={!reachable.includes(one)} onClick={() => go(one)}>
              <span className={styles.mark} aria-hidden>
                {i < at ? <CheckOutlined /> : i + 1}
              </span>
              {words.stepNames[one]}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

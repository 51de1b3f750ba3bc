import { CheckOutlined, CloseOutlined, ClockCircleOutlined, PauseOutlined, StopOutlined, SwapOutlined, SyncOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { Phase } from '../../api/types';
import { useMessages } from '../../app/i18n';
import { releaseMessages } from './messages';
import styles from './phase.module.css';

/** How loud a phase is: red only for what is broken, amber only for what waits for a person. */
export type Tone = 'calm' | 'moving' | 'waiting' | 'broken';

const looks: Record<Phase, { tone: Tone; icon: ReactNode }> = {
  Pending: { tone: 'calm', icon: <ClockCircleOutlined aria-hidden /> },
  Blocked: { tone: 'waiting', icon: <StopOutlined aria-hidden /> },
  TakingOver: { tone: 'moving', icon: <SwapOutlined aria-hidden /> },
  Healthy: { tone: 'calm', icon: <CheckOutlined aria-hidden /> },
  Releasing: { tone: 'moving', icon: <SyncOutlined aria-hidden /> },
  Waiting: { tone: 'waiting', icon: <PauseOutlined aria-hidden /> },
  Terminated: { tone: 'calm', icon: <StopOutlined aria-hidden /> },
  Failed: { tone: 'broken', icon: <CloseOutlined aria-hidden /> },
  HandingBack: { tone: 'moving', icon: <SwapOutlined aria-hidden /> },
};

export const toneOf = (phase: Phase): Tone => looks[phase].tone;

/** The phase as a shape, a colour and a word. */
export function PhaseLabel({ phase, children }: { phase: Phase; children?: ReactNode }) {
  const words = useMessages(releaseMessages);
  const { tone, icon } = looks[phase];
  return (
    <span className={styles.label} data-tone={tone}>
      {icon}
      <span>{children ?? words.phases[phase]}</span>
    </span>
  );
}

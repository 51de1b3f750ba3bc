import { ToolOutlined, WarningOutlined } from '@ant-design/icons';
import type { components } from '../../api/schema.gen';
import { useMessages } from '../../app/i18n';
import { CopyButton } from '../../components/copy-button';
import { obstacleMessages } from './messages';
import styles from './obstacles.module.css';

export type Obstacle = components['schemas']['Obstacle'];

/** What stands in the way of a take-over, each with how to mend it. */
export function Obstacles({ obstacles }: { obstacles: readonly Obstacle[] }) {
  const words = useMessages(obstacleMessages);
  return (
    <ul className={styles.list}>
      {obstacles.map((obstacle) => (
        <li key={`${obstacle.reason} ${obstacle.message}`} className={styles.obstacle}>
          <WarningOutlined className={styles.mark} aria-hidden />
          <div className={styles.text}>
            {words.reasons[obstacle.reason] && <strong>{words.reasons[obstacle.reason]}</strong>}
            <p className={words.reasons[obstacle.reason] ? 'soft' : styles.message}>{fullStop(obstacle.message)}</p>
            <p className={styles.mend}>
              <ToolOutlined aria-hidden /> <span className="soft">{words.mend}: </span>
              <Mend text={obstacle.mend} />
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** What to do; a command in it can be copied. */
function Mend({ text }: { text: string }) {
  const words = useMessages(obstacleMessages);
  const at = text.search(/\b(kubectl|helm) /);
  if (at < 0 || text[at - 1] === '(') return fullStop(text);
  const command = text.slice(at).replace(/[.)]+$/, '');
  return (
    <>
      {capital(text.slice(0, at))}
      <code className={styles.command}>{command}</code>
      <CopyButton text={command} label={words.copyCommand} />
    </>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function fullStop(text: string): string {
  const sentence = capital(text);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

import { CheckOutlined, UserOutlined } from '@ant-design/icons';
import { Alert, Skeleton, Tabs } from 'antd';
import { LoadError } from '../../app/errors';
import { useLanguage, useMessages } from '../../app/i18n';
import { CopyButton } from '../../components/copy-button';
import { duration } from '../../components/time';
import styles from './check-step.module.css';
import type { Draft } from './draft';
import { wizardMessages } from './messages';
import { monitoringMessages } from './monitoring-messages';
import { Obstacles } from './obstacles';
import type { Preflight, usePreflight } from './queries';
import { judgeSentence, stepSentences, takeOverSentences } from './sentences';
import { StepTotal } from './step-total';

interface Props {
  draft: Draft;
  preflight: ReturnType<typeof usePreflight>;
}

/** The third page: what will happen, what stands in the way, and the YAML. */
export function CheckStep({ draft, preflight }: Props) {
  const words = useMessages(wizardMessages);
  const found = preflight.data ?? undefined;
  return (
    <div className={styles.check}>
      {preflight.error && !found && <LoadError error={preflight.error} retry={() => void preflight.refetch()} />}
      {found && found.obstacles.length > 0 && (
        <section aria-label={words.inTheWay}>
          <h2>{words.inTheWay}</h2>
          <Obstacles obstacles={found.obstacles} />
          <p className="soft">{words.obstaclesStay}</p>
        </section>
      )}
      {found?.unknown && <Alert type="info" showIcon title={words.unknown} description={found.unknown} />}
      <Tabs
        items={[
          { key: 'sentences', label: words.tabs.sentences, children: <Sentences draft={draft} found={found} asking={preflight.isPending && !preflight.error} /> },
          { key: 'yaml', label: words.tabs.yaml, children: <Yaml found={found} /> },
        ]}
      />
    </div>
  );
}

function Sentences({ draft, found, asking }: { draft: Draft; found: Preflight | undefined; asking: boolean }) {
  const { sentences: words, ...all } = useMessages(wizardMessages);
  const metricWords = useMessages(monitoringMessages);
  const language = useLanguage();
  const judge = judgeSentence(
    words,
    draft,
    (metric) => {
      if (metric.kind === 'Query') return metric.name;
      const kind = metricWords.kinds[metric.kind].toLowerCase();
      return metric.kind === 'Latency' ? `${kind} (${metric.quantile})` : kind;
    },
    language === 'zh' ? '、' : ', ',
  );
  if (asking) return <Skeleton active title={false} paragraph={{ rows: 5 }} aria-label={all.rehearsing} />;
  return (
    <div className={styles.story}>
      <ol className={styles.sentences}>
        {takeOverSentences(words, draft, found?.found).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
        <li>
          {words.noRelease}
          {language === 'zh' ? '' : ' '}
          {words.eachRelease}
          <ol className={styles.stages}>
            {stepSentences(words, draft, (milliseconds) => duration(milliseconds, language)).map(({ text, person }, i, lines) => (
              <li key={text} data-person={person || undefined}>
                {person ? <UserOutlined aria-hidden /> : i === lines.length - 1 ? <CheckOutlined aria-hidden /> : <span className={styles.dot} aria-hidden />}
                {text}
              </li>
            ))}
          </ol>
          <StepTotal steps={draft.rules.steps} />
        </li>
        <li>{judge}</li>
      </ol>
    </div>
  );
}

function Yaml({ found }: { found: Preflight | undefined }) {
  const words = useMessages(wizardMessages);
  if (!found) return <Skeleton active title={false} paragraph={{ rows: 8 }} />;
  return (
    <div className={styles.yaml}>
      <div className={styles.yamlHead}>
        <span className="soft">{words.yamlHint}</span>
        <CopyButton text={found.yaml} worded />
      </div>
      {/* A long line scrolls, which the keyboard can do only where the focus can go. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.code} tabIndex={0} aria-label={words.tabs.yaml}>
        {found.yaml}
      </pre>
    </div>
  );
}

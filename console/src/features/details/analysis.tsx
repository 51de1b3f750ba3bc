import { CheckOutlined, CloseOutlined, EllipsisOutlined, ExclamationOutlined } from '@ant-design/icons';
import { Alert } from 'antd';
import type { ReactNode } from 'react';
import type { AnalysisCheck, AnalysisReport } from '../../api/types';
import { useLanguage, useMessages } from '../../app/i18n';
import { duration } from '../../components/time';
import styles from './analysis.module.css';
import { Chart } from './chart';
import { detailMessages } from './messages';
import { Numbers } from './numbers';

const icons: Record<AnalysisCheck['result'], ReactNode> = {
  Pass: <CheckOutlined aria-hidden />,
  Fail: <CloseOutlined aria-hidden />,
  NotEnoughData: <EllipsisOutlined aria-hidden />,
  Error: <ExclamationOutlined aria-hidden />,
};

/** How the release is or was judged: the verdict with its numbers, each check, and the metrics over time. */
export function Analysis({ report }: { report: AnalysisReport }) {
  const words = useMessages(detailMessages);
  if (!report.enabled) return <p className="soft">{words.analysisOffText}</p>;
  const from = report.from ? Date.parse(report.from) / 1_000 : 0;
  // The verdict repeats the check that decides.
  const told = report.checks.some((check) => check.evidence && report.message?.includes(check.evidence));
  const to = report.to ? Date.parse(report.to) / 1_000 : 0;
  return (
    <div className={styles.analysis}>
      {report.state && (
        <p className={styles.verdict} data-state={report.state}>
          <strong>{words.verdict[report.state]}</strong>
          {report.message && !told && <span>{report.message}</span>}
        </p>
      )}
      {report.dryRun && <p className="soft">{words.dryRun}</p>}
      {report.checks.length > 0 && (
        <ul className={styles.checks} aria-label={words.checks}>
          {report.checks.map((check) => (
            <Check key={`${check.metric}/${check.kind}`} check={check} />
          ))}
        </ul>
      )}
      {report.checks.length === 0 && report.charts.length === 0 && !report.problem && <p className="soft">{words.analysisNotYet}</p>}
      {report.problem && <Alert type="info" showIcon title={report.problem} />}
      {to > from && (
        <div className={styles.charts}>
          {report.charts.map((chart) => (
            <Chart
              key={chart.metric}
              chart={chart}
              from={from}
              to={to}
              verdictAt={report.verdictAt ? Date.parse(report.verdictAt) / 1_000 : null}
              failed={report.state === 'Failed'}
            />
          ))}
        </div>
      )}
    </div>
  );
}

function Check({ check }: { check: AnalysisCheck }) {
  const words = useMessages(detailMessages);
  const language = useLanguage();
  const needed = check.requestsNeeded ? words.needed(check.requestsNeeded, check.secondsNeeded ? duration(check.secondsNeeded * 1_000, language) : '') : '';
  return (
    <li className={styles.check} data-result={check.result}>
      <span className={styles.icon}>{icons[check.result]}</span>
      <div className={styles.text}>
        <p className={styles.line}>
          <strong>{check.metric}</strong>
          <span className={styles.result}>{words.result[check.result]}</span>
          <Numbers check={check} />
        </p>
        <p className="soft">
          {check.evidence || check.reason} {needed}
        </p>
      </div>
    </li>
  );
}

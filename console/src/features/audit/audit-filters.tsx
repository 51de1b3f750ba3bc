import { Button, Input, Select } from 'antd';
import { useMessages } from '../../app/i18n';
import { useTyped } from '../../components/use-typed';
import styles from './audit.module.css';
import { isFiltered, periods, results, type Filters, type Period, type TextFilter } from './filters';
import { auditMessages } from './messages';

interface Props {
  filters: Filters;
  set: (part: Partial<Filters>) => void;
}

/** The filters above the audit. */
export function AuditFilters({ filters, set }: Props) {
  const words = useMessages(auditMessages);
  return (
    <div className={styles.filters} role="search" aria-label={words.filters}>
      {(['who', 'task', 'cluster', 'namespace'] as const).map((name) => (
        <TextInput key={name} name={name} value={filters[name] ?? ''} set={(value) => set({ [name]: value || undefined })} />
      ))}
      <Select
        aria-label={words.action}
        placeholder={words.action}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        value={filters.action}
        options={Object.entries(words.actions).map(([action, label]) => ({ value: action, label }))}
        onChange={(action) => set({ action })}
      />
      <Select
        aria-label={words.result}
        placeholder={words.result}
        allowClear
        value={filters.result}
        options={results.map((result) => ({ value: result, label: words.results[result] }))}
        onChange={(result) => set({ result })}
      />
      <Select<Period | 'all'>
        aria-label={words.period}
        value={filters.period ?? 'all'}
        options={[{ value: 'all' as const, label: words.periods.all }, ...(Object.keys(periods) as Period[]).map((period) => ({ value: period, label: words.periods[period] }))]}
        onChange={(period) => set({ period: period === 'all' ? undefined : period })}
      />
      {isFiltered(filters) && (
        <Button type="text" onClick={() => set({ who: undefined, task: undefined, cluster: undefined, namespace: undefined, action: undefined, result: undefined, period: undefined })}>
          {words.clear}
        </Button>
      )}
    </div>
  );
}

/** A text that is asked for once nobody has typed for a moment. */
function TextInput({ name, value, set }: { name: TextFilter; value: string; set: (value: string) => void }) {
  const words = useMessages(auditMessages);
  const [typed, setTyped] = useTyped(value, set, 400);
  return <Input aria-label={words[name]} placeholder={words[name]} title={words.exact} allowClear autoCapitalize="none" spellCheck={false} maxLength={200} value={typed} onChange={(event) => setTyped(event.target.value)} />;
}

import { SearchOutlined } from '@ant-design/icons';
import { Input, Select } from 'antd';
import { memo, useMemo } from 'react';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { releaseMessages } from '../../components/release/messages';
import { useTyped } from '../../components/use-typed';
import type { ClusterState, Phase, TaskCounts } from '../../api/types';
import { change, phases, type Filters } from './filters';
import { listMessages } from './messages';
import styles from './toolbar.module.css';

interface Props {
  filters: Filters;
  setFilters: (filters: Filters) => void;
  counts: TaskCounts | undefined;
  clusters: readonly ClusterState[];
}

// These are always offered; the others only while there is something in them.
const always: readonly Phase[] = ['Waiting', 'Releasing', 'Failed', 'Healthy'];

export function Toolbar({ filters, setFilters, counts, clusters }: Props) {
  return (
    <div className={styles.toolbar} role="search">
      <div className={styles.fields}>
        <SearchField value={filters.q} onSearch={(q) => setFilters(change(filters, { q }))} />
        <Places filters={filters} setFilters={setFilters} clusters={clusters} />
      </div>
      <PhaseFilter filters={filters} setFilters={setFilters} counts={counts} />
    </div>
  );
}

function SearchField({ value, onSearch }: { value: string; onSearch: (q: string) => void }) {
  const words = useMessages(listMessages);
  const [typed, setTyped] = useTyped(value, onSearch, 250);
  return (
    <Input
      className={styles.search}
      type="search"
      allowClear
      maxLength={200}
      prefix={<SearchOutlined aria-hidden />}
      placeholder={words.searchHint}
      aria-label={words.search}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

// The counts beside these change all the time.
const Places = memo(function Places({ filters, setFilters, clusters }: Omit<Props, 'counts'>) {
  const words = useMessages(listMessages);
  const me = useMe();
  const namespaces = useMemo(() => {
    const mine = (me.data?.workspaces ?? [])
      .filter((workspace) => !filters.workspace || workspace.workspace === filters.workspace)
      .flatMap((workspace) => workspace.namespaces)
      .filter((place) => !filters.cluster || place.cluster === filters.cluster)
      .map((place) => place.namespace);
    return [...new Set(filters.namespace ? [...mine, filters.namespace] : mine)].sort();
  }, [me.data, filters.workspace, filters.cluster, filters.namespace]);
  const names = clusters.map((cluster) => ({ value: cluster.name, label: cluster.displayName || cluster.name }));
  if (filters.cluster && !names.some((name) => name.value === filters.cluster)) names.push({ value: filters.cluster, label: filters.cluster });
  return (
    <>
      <Select
        className={styles.select}
        aria-label={words.cluster}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        placeholder={words.allClusters}
        value={filters.cluster || undefined}
        options={names}
        onChange={(cluster?: string) => setFilters(change(filters, { cluster: cluster ?? '' }))}
      />
      <Select
        className={styles.select}
        aria-label={words.namespace}
        allowClear
        showSearch
        placeholder={words.allNamespaces}
        value={filters.namespace || undefined}
        options={namespaces.map((name) => ({ value: name, label: name }))}
        onChange={(namespace?: string) => setFilters(change(filters, { namespace: namespace ?? '' }))}
      />
    </>
  );
});

function PhaseFilter({ filters, setFilters, counts }: Omit<Props, 'clusters'>) {
  const words = useMessages(listMessages);
  const release = useMessages(releaseMessages);
  const count = (phase: Phase) => counts?.phases[phase] ?? 0;
  const shown = phases.filter((phase) => always.includes(phase) || count(phase) > 0 || filters.phase.includes(phase));
  const toggle = (phase: Phase) => {
    const chosen = filters.phase.includes(phase) ? filters.phase.filter((other) => other !== phase) : phases.filter((other) => other === phase || filters.phase.includes(other));
    setFilters(change(filters, { phase: [...chosen] }));
  };
  const nothing = filters.phase.length === 0 && !filters.waitsForMe;
  return (
    <div className={styles.phases} role="group" aria-label={words.phaseFilter}>
      <Chip name={words.all} count={counts?.total} pressed={nothing} onPress={() => setFilters(change(filters, { phase: [], waitsForMe: false }))} />
      <Chip name={words.waitsForMe} count={counts?.waitsForMe} tone="waiting" pressed={filters.waitsForMe} onPress={() => setFilters(change(filters, { waitsForMe: !filters.waitsForMe }))} />
      {shown.map((phase) => (
        <Chip key={phase} name={release.phases[phase]} count={counts && count(phase)} tone={toneOfChip(phase)} pressed={filters.phase.includes(phase)} onPress={() => toggle(phase)} />
      ))}
    </div>
  );
}

function toneOfChip(phase: Phase): string | undefined {
  if (phase === 'Failed') return 'broken';
  return phase === 'Waiting' || phase === 'Blocked' ? 'waiting' : undefined;
}

function Chip({ name, count, tone, pressed, onPress }: { name: string; count: number | undefined; tone?: string; pressed: boolean; onPress: () => void }) {
  return (
    <button type="button" className={styles.chip} aria-pressed={pressed} data-tone={count ? tone : undefined} onClick={onPress}>
      {name} <span className={styles.count}>{count === undefined ? '–' : count.toLocaleString('en')}</span>
    </button>
  );
}

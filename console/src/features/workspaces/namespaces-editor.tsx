import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, AutoComplete, Select } from 'antd';
import { api, call } from '../../api/client';
import { useMessages } from '../../app/i18n';
import { workspaceMessages } from './messages';
import { namespaceProblems, type WorkspaceNamespace } from './settings';
import styles from './workspaces.module.css';

interface Props {
  namespaces: WorkspaceNamespace[];
  /** Absent: only shown. */
  onChange?: (namespaces: WorkspaceNamespace[]) => void;
  complete?: boolean;
}

/** The namespaces that the roles are for. */
export function NamespacesEditor({ namespaces, onChange, complete = false }: Props) {
  const words = useMessages(workspaceMessages);
  const clusters = useQuery({ queryKey: ['clusters'], queryFn: ({ signal }) => call(api.GET('/api/v1/clusters', { signal })), enabled: onChange !== undefined });
  const names = clusters.data?.items ?? [];
  const problems = namespaceProblems(namespaces);
  const change = (index: number, part: Partial<WorkspaceNamespace>) => onChange?.(namespaces.map((one, i) => (i === index ? { ...one, ...part } : one)));

  if (!onChange) {
    return namespaces.length === 0 ? (
      <p className="soft">{words.noNamespaces}</p>
    ) : (
      <ul className={styles.rows}>
        {namespaces.map(({ cluster, namespace }) => (
          <li key={`${cluster}/${namespace}`} className={styles.shownNamespace}>
            <span className="soft">{cluster} /</span> {namespace}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div>
      {namespaces.length === 0 && <p className="soft">{words.noNamespaces}</p>}
      <ul className={styles.rows}>
        {namespaces.map((one, i) => {
          const problem = problems[i] === 'twice' ? words.namespaceTwice(`${one.cluster} / ${one.namespace}`) : problems[i] === 'missing' && complete ? words.namespaceMissing : undefined;
          return (
            <li key={i} className={styles.namespaceRow}>
              <Select
                aria-label={words.clusterOf(i + 1)}
                value={one.cluster || undefined}
                placeholder={words.cluster}
                status={problem ? 'error' : ''}
                options={names.map(({ name, displayName }) => ({ value: name, label: displayName === name ? name : `${displayName} (${name})` }))}
                onChange={(cluster) => change(i, { cluster, namespace: '' })}
              />
              <NamespaceInput cluster={one.cluster} value={one.namespace} wrong={problem !== undefined} label={words.namespaceOf(i + 1)} onChange={(namespace) => change(i, { namespace })} />
              <Button
                type="text"
                icon={<DeleteOutlined aria-hidden />}
                aria-label={words.removeNamespace(one.namespace)}
                title={words.removeNamespace(one.namespace)}
                onClick={() => onChange(namespaces.filter((_, at) => at !== i))}
              />
              {problem && (
                <p className={styles.problem} role="alert">
                  {problem}
                </p>
              )}
            </li>
          );
        })}
      </ul>
      <Button
        icon={<PlusOutlined aria-hidden />}
        className={styles.add}
        disabled={namespaces.length >= 500}
        onClick={() => onChange([...namespaces, { cluster: namespaces.at(-1)?.cluster ?? (names.length === 1 ? (names[0]?.name ?? '') : ''), namespace: '' }])}
      >
        {words.addNamespace}
      </Button>
    </div>
  );
}

/** A namespace of a cluster, from those that are there; one that comes later can be typed. */
function NamespaceInput({ cluster, value, wrong, label, onChange }: { cluster: string; value: string; wrong: boolean; label: string; onChange: (namespace: string) => void }) {
  const words = useMessages(workspaceMessages);
  const namespaces = useQuery({
    queryKey: ['clusters', cluster, 'namespaces'],
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces', { params: { path: { cluster } }, signal })),
    enabled: cluster !== '',
  });
  return (
    <AutoComplete
      aria-label={label}
      value={value}
      disabled={cluster === ''}
      status={wrong ? 'error' : ''}
      placeholder={words.namespace}
      options={(namespaces.data?.items ?? []).filter((one) => one.name.includes(value)).map(({ name }) => ({ value: name }))}
      onChange={(text: string) => onChange(text.trim())}
    />
  );
}

import { App, Input, Skeleton } from 'antd';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { isConflict } from '../../api/problem';
import { LoadError, useErrorSentence } from '../../app/errors';
import { useMessages } from '../../app/i18n';
import { Field } from '../../components/field';
import { Page } from '../../components/page';
import { nameProblem } from '../../components/name';
import { problemMessages, sentence } from '../../components/problem';
import { ClusterForm } from './cluster-form';
import styles from './clusters.module.css';
import { clusterMessages } from './messages';
import { useCluster, useCreateCluster, useSaveCluster } from './queries';
import type { Cluster } from './settings';

/** Connects a cluster. */
export function NewClusterPage() {
  const words = useMessages(clusterMessages);
  const problemWords = useMessages(problemMessages);
  const errorSentence = useErrorSentence();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const create = useCreateCluster();
  const [name, setName] = useState('');
  const [complete, setComplete] = useState(false);
  const wrong = nameProblem(name);
  return (
    <Page title={words.add} lead={words.lead}>
      <ClusterForm
        existing={undefined}
        submit={words.connect}
        busy={create.isPending}
        problem={create.error && errorSentence(create.error)}
        back="/clusters"
        before={
          <Field label={words.name} hint={words.nameHint} problem={wrong && (complete || name !== '') && (wrong.key === 'nameMissing' ? words.nameHint : sentence(problemWords, wrong))}>
            {(control) => <Input {...control} className={styles.narrow} autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
        }
        blocked={wrong !== undefined}
        onAttempt={() => setComplete(true)}
        onSubmit={(input) =>
          create.mutate(
            { name, input },
            {
              onSuccess: () => {
                message.success(words.added);
                void navigate(`/clusters/${name}`);
              },
            },
          )
        }
      />
    </Page>
  );
}

/** Changes how a cluster is reached. */
export function EditClusterPage() {
  const { cluster: name = '' } = useParams();
  const cluster = useCluster(name, false);
  if (cluster.error && !cluster.data) {
    return (
      <Page title={name}>
        <LoadError error={cluster.error} retry={() => void cluster.refetch()} />
      </Page>
    );
  }
  if (!cluster.data) {
    return (
      <Page title={name}>
        <Skeleton active paragraph={{ rows: 8 }} />
      </Page>
    );
  }
  return <Edit cluster={cluster.data} />;
}

function Edit({ cluster }: { cluster: Cluster }) {
  const words = useMessages(clusterMessages);
  const errorSentence = useErrorSentence();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const save = useSaveCluster(cluster.name, cluster.etag);
  return (
    <Page title={cluster.displayName}>
      <ClusterForm
        existing={cluster}
        submit={words.save}
        busy={save.isPending}
        problem={save.error && (isConflict(save.error) ? words.changed : errorSentence(save.error))}
        back={`/clusters/${cluster.name}`}
        onSubmit={(input) =>
          save.mutate(input, {
            onSuccess: () => {
              message.success(words.saved);
              void navigate(`/clusters/${cluster.name}`);
            },
          })
        }
      />
    </Page>
  );
}

/** What a platform administrator says of a cluster, and what is wrong with it. */
import type { components } from '../../api/schema.gen';

type Schemas = components['schemas'];
export type Cluster = Schemas['Cluster'];
export type Component = Schemas['Component'];
type Auth = NonNullable<Cluster['prometheus']>['auth'];

export interface ClusterInput {
  displayName: string;
  inCluster: boolean;
  /** Never shown: empty until somebody pastes one. */
  kubeconfig: string;
  prometheus: {
    on: boolean;
    address: string;
    auth: Auth;
    username: string;
    password: string;
    token: string;
    ca: string;
    insecure: boolean;
  };
}

export function inputOf(cluster: Cluster | undefined): ClusterInput {
  const prometheus = cluster?.prometheus;
  return {
    // The hub tells the name where there is no display name.
    displayName: cluster && cluster.displayName !== cluster.name ? cluster.displayName : '',
    inCluster: cluster?.inCluster ?? false,
    kubeconfig: '',
    prometheus: {
      on: prometheus !== undefined,
      address: prometheus?.address ?? '',
      auth: prometheus?.auth ?? 'None',
      username: '',
      password: '',
      token: '',
      ca: '',
      insecure: prometheus?.insecureSkipVerify ?? false,
    },
  };
}

/** The settings as the API wants them; secrets that nobody typed are left out, and so stay as they are. */
export function toBody(input: ClusterInput): Schemas['ClusterSettings'] {
  const { prometheus } = input;
  const text = <K extends string>(key: K, value: string) => (value.trim() === '' ? {} : ({ [key]: value.trim() } as Record<K, string>));
  return {
    ...text('displayName', input.displayName),
    ...(input.inCluster ? { inCluster: true } : text('kubeconfig', input.kubeconfig)),
    ...(prometheus.on
      ? {
          prometheus: {
            address: prometheus.address.trim(),
            ...(prometheus.auth === 'Basic' ? { ...text('username', prometheus.username), ...(prometheus.password ? { password: prometheus.password } : {}) } : {}),
            ...(prometheus.auth === 'Bearer' ? text('bearerToken', prometheus.token) : {}),
            ...text('ca', prometheus.ca),
            ...(prometheus.insecure ? { insecureSkipVerify: true } : {}),
          },
        }
      : {}),
  };
}

export interface ClusterProblems {
  kubeconfig: boolean;
  address: boolean;
}

/** What is missing or wrong; a cluster that is there already keeps its kubeconfig. */
export function clusterProblems(input: ClusterInput, existing: Cluster | undefined): ClusterProblems {
  return {
    kubeconfig: !input.inCluster && input.kubeconfig.trim() === '' && (existing === undefined || existing.inCluster),
    address: input.prometheus.on && !/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(input.prometheus.address.trim()),
  };
}

import { describe, expect, it } from 'vitest';
import { clusterProblems, inputOf, toBody, type Cluster } from './settings';

const cluster: Cluster = {
  name: 'prod', displayName: 'prod', reachable: true, loaded: true, etag: '"1"', inCluster: false, components: [], tasks: 0, namespaces: 0,
  usable: { instances: true, istio: true, analysis: true, lacking: [] },
  prometheus: { address: 'http://prometheus:9090', auth: 'Bearer', insecureSkipVerify: false },
};

describe('toBody', () => {
  it('leaves out secrets that nobody typed', () => {
    expect(toBody(inputOf(cluster))).toEqual({ prometheus: { address: 'http://prometheus:9090' } });
  });

  it('sends only the secret of the way that was chosen', () => {
    const input = inputOf(cluster);
    const prometheus = { ...input.prometheus, username: 'u', password: ' p ', token: 't' };
    expect(toBody({ ...input, prometheus }).prometheus).toEqual({ address: 'http://prometheus:9090', bearerToken: 't' });
    expect(toBody({ ...input, prometheus: { ...prometheus, auth: 'Basic' } }).prometheus).toEqual({ address: 'http://prometheus:9090', username: 'u', password: ' p ' });
    expect(toBody({ ...input, prometheus: { ...prometheus, auth: 'None' } }).prometheus).toEqual({ address: 'http://prometheus:9090' });
  });

  it('sends no kubeconfig for the cluster of the hub', () => {
    expect(toBody({ ...inputOf(undefined), inCluster: true, kubeconfig: 'left over' })).toEqual({ inCluster: true });
  });
});

describe('clusterProblems', () => {
  it.each([
    ['a new cluster without kubeconfig', inputOf(undefined), undefined, { kubeconfig: true, address: false }],
    ['a cluster that keeps its own', inputOf(cluster), cluster, { kubeconfig: false, address: false }],
    ['one that was the hub’s own', { ...inputOf(cluster) }, { ...cluster, inCluster: true }, { kubeconfig: true, address: false }],
  ])('%s', (_, input, existing, problems) => {
    expect(clusterProblems(input, existing)).toEqual(problems);
  });

  it.each([
    ['http://prometheus.monitoring.svc:9090', false],
    ['https://example.com/prometheus/', false],
    ['prometheus:9090', true],
    ['http://user:secret@prometheus', true],
    ['http://prometheus?x=1', true],
    ['', true],
  ])('address %s: %j', (address, wrong) => {
    const input = inputOf(cluster);
    expect(clusterProblems({ ...input, prometheus: { ...input.prometheus, address } }, cluster).address).toBe(wrong);
  });
});

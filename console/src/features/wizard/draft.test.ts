import { describe, expect, it } from 'vitest';
import { dropDraft, emptyDraft, isTouched, loadDraft, saveDraft, toSpec, type Draft, type DraftStore } from './draft';

function memory(): DraftStore & { content: Map<string, string> } {
  const content = new Map<string, string>();
  return {
    content,
    getItem: (key) => content.get(key) ?? null,
    setItem: (key, value) => void content.set(key, value),
    removeItem: (key) => void content.delete(key),
  };
}

const broken: DraftStore = {
  getItem: () => { throw new Error('forbidden'); },
  setItem: () => { throw new Error('full'); },
  removeItem: () => { throw new Error('forbidden'); },
};

describe('a draft', () => {
  it('comes back as it was typed', () => {
    const store = memory();
    const draft = { ...emptyDraft(), name: 'checkout', images: { app: 'shop:v2' } };
    saveDraft(store, 'maria', draft);
    expect(loadDraft(store, 'maria')).toEqual(draft);
  });

  it('is not shown to whoever signs in next', () => {
    const store = memory();
    saveDraft(store, 'maria', emptyDraft());
    expect(loadDraft(store, 'ben')).toBeUndefined();
  });

  it('is gone once dropped', () => {
    const store = memory();
    saveDraft(store, 'maria', emptyDraft());
    dropDraft(store, 'maria');
    expect(store.content.size).toBe(0);
  });

  it.each(['not json', 'null', '{"version":0,"draft":{}}', '{"version":2,"draft":{"name":"x"}}'])(
    'of another form is not used: %s',
    (text) => {
      const store = memory();
      saveDraft(store, 'maria', emptyDraft());
      for (const key of store.content.keys()) store.content.set(key, text);
      expect(loadDraft(store, 'maria')).toBeUndefined();
    },
  );

  it('goes on without storage', () => {
    expect(loadDraft(broken, 'maria')).toBeUndefined();
    expect(() => { saveDraft(broken, 'maria', emptyDraft()); dropDraft(broken, 'maria'); }).not.toThrow();
  });
});

describe('isTouched', () => {
  it('is false for a fresh draft, whatever the ids of its steps, and true after a change', () => {
    expect(isTouched(emptyDraft())).toBe(false);
    expect(isTouched({ ...emptyDraft(), name: 'x' })).toBe(true);
    const draft = emptyDraft();
    expect(isTouched({ ...draft, rules: { ...draft.rules, steps: draft.rules.steps.slice(1) } })).toBe(true);
  });
});

describe('toSpec', () => {
  const draft: Draft = { ...emptyDraft(), workload: 'checkout' };
  it('leaves out what nobody chose', () => {
    expect(toSpec(draft)).toEqual({
      workloadRef: { name: 'checkout' },
      strategy: { canary: { traffic: { istio: {} }, steps: [{ weight: 10, wait: '5m' }, { weight: 30, wait: '10m' }, { weight: 60, wait: '10m' }] } },
    });
  });

  it('names the Service and the VirtualService that were chosen', () => {
    expect(toSpec({ ...draft, service: 'shop', virtualService: 'shop-vs' }).strategy.canary.traffic).toEqual({
      istio: { service: 'shop', virtualService: 'shop-vs' },
    });
    expect(toSpec({ ...draft, traffic: 'Instances', service: 'shop', virtualService: 'left-over' }).strategy.canary.traffic).toEqual({
      instances: { service: 'shop' },
    });
  });
});

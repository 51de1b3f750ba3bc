import { describe, expect, it } from 'vitest';
import { isChanged, losesLastAdmin, losesOwnRole, memberProblems, namespaceProblems, settingsOf, toBody, type Member, type Workspace } from './settings';

const user = (name: string, role: Member['role'] = 'Editor'): Member => ({ kind: 'User', name, role });
const workspace: Workspace = {
  name: 'shop',
  displayName: 'Shop',
  members: [user('maria', 'Admin'), { kind: 'Group', name: 'devs', role: 'Editor' }],
  namespaces: [{ cluster: 'prod', namespace: 'shop' }],
  etag: '"1"',
  ready: true,
  tasks: 1,
  createdAt: '2026-01-01T00:00:00Z',
};

describe('settings', () => {
  it('are unchanged as they come, and changed after a change', () => {
    const settings = settingsOf(workspace);
    expect(isChanged(settings, workspace)).toBe(false);
    expect(isChanged({ ...settings, displayName: ' Shop ' }, workspace)).toBe(false);
    expect(isChanged({ ...settings, members: settings.members.slice(1) }, workspace)).toBe(true);
  });

  it('are sent without spaces around names, and without an empty display name', () => {
    expect(toBody({ displayName: ' ', members: [user(' ben ')], namespaces: [] })).toEqual({ members: [user('ben')], namespaces: [] });
  });
});

describe('memberProblems', () => {
  it('finds members without a name and those listed twice', () => {
    expect(memberProblems([user('a'), user(' '), user('a '), { kind: 'Group', name: 'a', role: 'Viewer' }])).toEqual([undefined, 'missing', 'twice', undefined]);
  });
});

describe('namespaceProblems', () => {
  it('finds what is not chosen and what is listed twice', () => {
    const [a, b] = [{ cluster: 'c', namespace: 'a' }, { cluster: 'c', namespace: '' }];
    expect(namespaceProblems([a, b, a])).toEqual([undefined, 'missing', 'twice']);
  });
});

describe('losesLastAdmin', () => {
  it.each([
    [[user('maria', 'Admin')], false, false],
    [[user('maria')], false, true],
    [[], false, true],
    [[], true, false],
  ])('%j, platform admin %j: %j', (members, platformAdmin, loses) => {
    expect(losesLastAdmin(members, platformAdmin)).toBe(loses);
  });
});

describe('losesOwnRole', () => {
  const me = { name: 'maria', groups: ['devs'], admin: false };
  it.each<[string, Member[], Member[], boolean]>([
    ['stays Admin', [user('maria', 'Admin')], [user('maria', 'Admin')], false],
    ['becomes Editor', [user('maria', 'Admin')], [user('maria'), user('ben', 'Admin')], true],
    ['stays Admin by a group', [user('maria', 'Admin')], [{ kind: 'Group', name: 'devs', role: 'Admin' }], false],
    ['was no Admin before', [user('maria')], [], false],
  ])('%s', (_, before, after, loses) => {
    expect(losesOwnRole(before, after, me)).toBe(loses);
  });

  it('does not touch administrators of the platform', () => {
    expect(losesOwnRole([user('maria', 'Admin')], [], { ...me, admin: true })).toBe(false);
  });
});

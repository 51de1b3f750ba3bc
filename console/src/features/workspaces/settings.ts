/** What a person edits of a workspace, and what is wrong with it. */
import type { components } from '../../api/schema.gen';

type Schemas = components['schemas'];
export type Workspace = Schemas['Workspace'];
export type Member = Schemas['Member'];
export type Role = Member['role'];
export type WorkspaceNamespace = Schemas['WorkspaceNamespace'];

export interface Settings {
  displayName: string;
  members: Member[];
  namespaces: WorkspaceNamespace[];
}

export const roles: readonly Role[] = ['Viewer', 'Editor', 'Admin'];

export function settingsOf(workspace: Workspace): Settings {
  return {
    displayName: workspace.displayName ?? '',
    members: workspace.members.map((member) => ({ ...member })),
    namespaces: workspace.namespaces.map((namespace) => ({ ...namespace })),
  };
}

/** The settings as the API wants them. */
export function toBody({ displayName, members, namespaces }: Settings): Schemas['WorkspaceSettings'] {
  return {
    ...(displayName.trim() === '' ? {} : { displayName: displayName.trim() }),
    members: members.map((member) => ({ ...member, name: member.name.trim() })),
    namespaces,
  };
}

export function isChanged(settings: Settings, workspace: Workspace): boolean {
  return JSON.stringify(toBody(settings)) !== JSON.stringify(toBody(settingsOf(workspace)));
}

export type MemberProblem = 'missing' | 'twice';

/** What is wrong with each member, in their order. */
export function memberProblems(members: readonly Member[]): (MemberProblem | undefined)[] {
  return members.map((member, i) => {
    const name = member.name.trim();
    if (name === '') return 'missing';
    return members.slice(0, i).some((other) => other.kind === member.kind && other.name.trim() === name) ? 'twice' : undefined;
  });
}

export function namespaceProblems(namespaces: readonly WorkspaceNamespace[]): (MemberProblem | undefined)[] {
  return namespaces.map((one, i) => {
    if (one.cluster === '' || one.namespace === '') return 'missing';
    return namespaces.slice(0, i).some((other) => other.cluster === one.cluster && other.namespace === one.namespace) ? 'twice' : undefined;
  });
}

/** Whether the members would leave the workspace without an Admin, which only the platform's administrators may do. */
export function losesLastAdmin(members: readonly Member[], platformAdmin: boolean): boolean {
  return !platformAdmin && !members.some((member) => member.role === 'Admin');
}

/** Whether the person who saves would have no role Admin afterwards, by user and groups. */
export function losesOwnRole(before: readonly Member[], after: readonly Member[], me: { name: string; groups: readonly string[]; admin: boolean }): boolean {
  if (me.admin) return false;
  const isAdmin = (members: readonly Member[]) =>
    members.some((member) => member.role === 'Admin' && (member.kind === 'User' ? member.name === me.name : me.groups.includes(member.name)));
  return isAdmin(before) && !isAdmin(after);
}

import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { answerRequests, renderConsole } from '../../test/render';
import { MembersEditor } from './members-editor';
import type { Member } from './settings';

function Owner({ start, platformAdmin = false, readOnly = false }: { start: Member[]; platformAdmin?: boolean; readOnly?: boolean }) {
  const [members, setMembers] = useState(start);
  return <MembersEditor members={members} onChange={readOnly ? undefined : setMembers} platformAdmin={platformAdmin} complete />;
}

const maria: Member = { kind: 'User', name: 'maria', role: 'Admin' };
const devs: Member = { kind: 'Group', name: 'devs', role: 'Editor' };

function show(children: React.ReactNode) {
  answerRequests(() => ({ body: { name: 'maria', groups: [], workspaces: [], may: {} } }));
  renderConsole(children);
}

describe('MembersEditor', () => {
  it('keeps the last Admin, and says why', () => {
    show(<Owner start={[maria, devs]} />);
    expect(screen.getByRole('button', { name: 'Remove maria' })).toBeDisabled();
    expect(screen.getByRole('combobox', { name: 'Role of maria' })).toBeDisabled();
    expect(screen.getByText(/A workspace keeps at least one Admin/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Remove devs' })).toBeEnabled();
  });

  it('lets an administrator of the platform take the last Admin away', async () => {
    show(<Owner start={[maria]} platformAdmin />);
    await userEvent.setup().click(screen.getByRole('button', { name: 'Remove maria' }));
    expect(screen.getByText(/Nobody is a member/)).toBeVisible();
  });

  it('finds a member that is listed twice and one without a name', async () => {
    show(<Owner start={[maria]} />);
    const user = userEvent.setup();
    await user.click(screen.getByRole('button', { name: 'Add member' }));
    expect(screen.getByRole('alert')).toHaveTextContent('Give the member a name.');
    await user.type(screen.getByRole('textbox', { name: 'Name of member 2' }), 'maria');
    expect(screen.getByRole('alert')).toHaveTextContent('maria is listed twice');
  });

  it('offers nothing to change to those who only see', () => {
    show(<Owner start={[maria, devs]} readOnly />);
    expect(screen.queryByRole('button')).not.toBeInTheDocument();
    expect(screen.getByText('Editor')).toBeVisible();
  });
});

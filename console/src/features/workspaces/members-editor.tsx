import { DeleteOutlined, PlusOutlined, TeamOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Input, Select, Tag } from 'antd';
import { useRef } from 'react';
import { useMessages } from '../../app/i18n';
import { useMe } from '../../app/me';
import { workspaceMessages } from './messages';
import { memberProblems, roles, type Member } from './settings';
import styles from './workspaces.module.css';

interface Props {
  members: Member[];
  /** Absent: only shown. */
  onChange?: (members: Member[]) => void;
  /** Say also what is missing. */
  complete?: boolean;
  /** Whether the person is an administrator of the platform, who may leave a workspace without an Admin. */
  platformAdmin: boolean;
}

/** Who has which role. */
export function MembersEditor({ members, onChange, complete = false, platformAdmin }: Props) {
  const words = useMessages(workspaceMessages);
  const me = useMe().data;
  const rows = useRef<HTMLDivElement>(null);
  const problems = memberProblems(members);
  const admins = members.filter((member) => member.role === 'Admin').length;
  const change = (index: number, part: Partial<Member>) => onChange?.(members.map((member, i) => (i === index ? { ...member, ...part } : member)));

  function add() {
    onChange?.([...members, { kind: 'User', name: '', role: 'Editor' }]);
    requestAnimationFrame(() => [...(rows.current?.querySelectorAll<HTMLInputElement>('input[data-name]') ?? [])].at(-1)?.focus());
  }

  return (
    <div ref={rows}>
      {members.length === 0 && <p className="soft">{words.noMembers}</p>}
      <ul className={styles.rows}>
        {members.map((member, i) => {
          // Only for those who may not leave it without an Admin.
          const last = !platformAdmin && member.role === 'Admin' && admins === 1;
          const problem = problems[i] === 'twice' ? words.memberTwice(member.name) : problems[i] === 'missing' && complete ? words.memberMissing : undefined;
          const mine = me !== undefined && (member.kind === 'User' ? member.name === me.name : me.groups.includes(member.name));
          return (
            // Members have no identity of their own while their names are typed.
            <li key={i} className={styles.member}>
              {onChange ? (
                <>
                  <Select
                    aria-label={words.kindOf(i + 1)}
                    className={styles.kind}
                    value={member.kind}
                    options={(['User', 'Group'] as const).map((kind) => ({ value: kind, label: words.kinds[kind] }))}
                    onChange={(kind) => change(i, { kind })}
                  />
                  <Input
                    data-name
                    aria-label={words.nameOf(i + 1)}
                    aria-invalid={problem !== undefined}
                    status={problem ? 'error' : ''}
                    className={styles.memberName}
                    value={member.name}
                    maxLength={200}
                    autoCapitalize="none"
                    autoComplete="off"
                    spellCheck={false}
                    placeholder={words.member}
                    suffix={mine ? <span className="soft">{words.yourself}</span> : <span />}
                    onChange={(event) => change(i, { name: event.target.value })}
                  />
                  <Select
                    aria-label={words.roleOf(member.name)}
                    className={styles.role}
                    value={member.role}
                    disabled={last}
                    options={roles.map((role) => ({ value: role, label: words.roles[role], title: words.roleHints[role] }))}
                    onChange={(role) => change(i, { role })}
                  />
                  <Button
                    type="text"
                    icon={<DeleteOutlined aria-hidden />}
                    aria-label={words.removeMember(member.name)}
                    title={last ? words.lastAdmin : words.removeMember(member.name)}
                    disabled={last}
                    onClick={() => onChange(members.filter((_, at) => at !== i))}
                  />
                </>
              ) : (
                <>
                  <span className={styles.shownMember}>
                    {member.kind === 'User' ? <UserOutlined aria-label={words.kinds.User} /> : <TeamOutlined aria-label={words.kinds.Group} />}
                    <span>{member.name}</span>
                    {mine && <span className="soft">({words.yourself})</span>}
                  </span>
                  <Tag title={words.roleHints[member.role]}>{words.roles[member.role]}</Tag>
                </>
              )}
              {problem && (
                <p className={styles.problem} role="alert">
                  {problem}
                </p>
              )}
              {onChange && last && <p className={styles.note}>{words.lastAdmin}</p>}
            </li>
          );
        })}
      </ul>
      {onChange && (
        <Button icon={<PlusOutlined aria-hidden />} className={styles.add} disabled={members.length >= 500} onClick={add}>
          {words.addMember}
        </Button>
      )}
    </div>
  );
}

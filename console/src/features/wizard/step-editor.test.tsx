import { fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { LanguageContext } from '../../app/i18n';
import { fromInput, presets, toInput, type Step, type StepInput } from './steps';
import { StepEditor } from './step-editor';

function Editor({ steps, seen }: { steps: readonly Step[]; seen: (steps: StepInput[]) => void }) {
  const [value, setValue] = useState(() => toInput(steps));
  return (
    <StepEditor
      steps={value}
      onChange={(next) => {
        setValue(next);
        seen(next);
      }}
    />
  );
}

function show(steps: readonly Step[], language: 'en' | 'zh' = 'en') {
  let last: StepInput[] = [];
  render(
    <LanguageContext value={language}>
      <Editor steps={steps} seen={(next) => (last = next)} />
    </LanguageContext>,
  );
  return { now: () => fromInput(last), user: userEvent.setup() };
}

describe('StepEditor', () => {
  it('takes a preset over, and marks it as chosen until something is changed', async () => {
    const { now, user } = show(presets.standard);
    await user.click(screen.getByText('Fast'));
    expect(now()).toEqual(presets.fast);
    expect(screen.getByText('Fast').closest('button')).toHaveAttribute('aria-pressed', 'true');
    const weight = screen.getByLabelText('Share of requests in step 1, in percent');
    fireEvent.change(weight, { target: { value: '25' } });
    expect(now()[0]).toEqual({ weight: 25, wait: '1m' });
    expect(screen.getByText('Fast').closest('button')).toHaveAttribute('aria-pressed', 'false');
  });

  it('says plainly that an empty wait is for a person, in the row, in the drawing and in the sum', async () => {
    const { now } = show([{ weight: 10, wait: '5m' }, { weight: 50, wait: '1h' }]);
    fireEvent.change(screen.getByLabelText(/Wait of step 1/), { target: { value: '' } });
    expect(now()[0]).toEqual({ weight: 10 });
    expect(screen.getByText('10 % go to the new version until a person continues')).toBeVisible();
    expect(screen.getByLabelText('Share of requests of the new version: 10 % until a person continues, 50 % for 1 h, then all.')).toBeVisible();
    expect(screen.getByText('1 h if nobody waits')).toBeVisible();
    expect(screen.getByText(/step 1 waits for a person/)).toBeVisible();
  });

  it('tells which weight falls, and puts the steps in order on request', async () => {
    const { now, user } = show([{ weight: 30, wait: '5m' }, { weight: 10, wait: '1m' }]);
    expect(screen.getByRole('alert')).toHaveTextContent('Step 2 falls from 30 % to 10 %: weights must rise from step to step.');
    await user.click(screen.getByRole('button', { name: 'Sort by share' }));
    expect(now().map((step) => step.weight)).toEqual([10, 30]);
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('adds a step between two others and removes one, but not the last', async () => {
    const { now, user } = show([{ weight: 10, wait: '5m' }, { weight: 50, wait: '5m' }]);
    await user.click(screen.getByRole('button', { name: 'Add a step after step 1' }));
    expect(now().map((step) => step.weight)).toEqual([10, 30, 50]);
    await user.click(screen.getByRole('button', { name: 'Remove step 1' }));
    await user.click(screen.getByRole('button', { name: 'Remove step 1' }));
    expect(now().map((step) => step.weight)).toEqual([50]);
    expect(screen.getByRole('button', { name: 'Remove step 1' })).toBeDisabled();
  });

  it('reads in Chinese', () => {
    show(presets.careful, 'zh');
    const rows = within(screen.getByRole('table', { name: '流量步骤' }));
    expect(rows.getByText('20% 的请求进入新版本，直到有人确认继续')).toBeVisible();
    expect(screen.getByText('不计人工等待共 50 分钟')).toBeVisible();
  });
});

import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { session } from '../../api/session';
import { answerRequests, renderConsole, type Answer } from '../../test/render';
import { startAddress } from './providers';
import { retryAt } from './retry-after';
import { ownPath, SignIn, SignInPage } from './sign-in';

const methods = { local: true, oidc: [{ displayName: 'Company login', startUrl: '/api/v1/auth/oidc/start' }] };

function hub(signIn: ReturnType<Answer>, offered: object = methods): Answer {
  return (_, url) => (url.pathname.endsWith('/auth/methods') ? { body: offered } : url.pathname.endsWith('/auth/sign-in') ? signIn : undefined);
}

/** By its text: the roles of a dialog that is only opening are not told yet. */
function submitButton(): HTMLElement {
  return screen.getByText('Sign in', { selector: 'button[type=submit] span' });
}

async function attempt() {
  fireEvent.change(await screen.findByLabelText('Name'), { target: { value: 'maria' } });
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'a secret' } });
  fireEvent.click(submitButton());
}

describe('SignIn', () => {
  it('says the same for a name that is unknown and for a password that is wrong', async () => {
    answerRequests(hub({ status: 401, body: { detail: 'There is no account maria.' } }));
    renderConsole(<SignIn over={false} />);
    await attempt();
    expect(await screen.findByRole('alert')).toHaveTextContent(/^Name or password is wrong\.$/);
    expect(screen.getByLabelText('Name')).toHaveValue('maria');
    expect(screen.getByLabelText('Password')).toHaveValue('');
  });

  it('tells for how long it is held, and holds the button', async () => {
    answerRequests(hub({ status: 429, headers: { 'Retry-After': '3600' } }));
    renderConsole(<SignIn over={false} />);
    await attempt();
    expect(await screen.findByRole('alert')).toHaveTextContent(/Too many attempts\. Try again in (1 h|59 min)/);
    expect(screen.getByRole('button', { name: 'Sign in' })).toBeDisabled();
  });

  it('goes on once it worked', async () => {
    const signedIn = vi.spyOn(session, 'signedIn').mockImplementation(() => {});
    const requests = answerRequests(hub({ body: { name: 'maria' } }));
    renderConsole(<SignIn over />);
    expect(await screen.findByText(/nothing you typed is lost/)).toBeInTheDocument();
    await attempt();
    await waitFor(() => expect(signedIn).toHaveBeenCalledOnce());
    const sent = requests.find((request) => request.method === 'POST');
    expect(await sent?.json()).toEqual({ name: 'maria', password: 'a secret' });
  });

  it('asks for what is missing before it asks the hub', async () => {
    const requests = answerRequests(hub({ status: 401 }));
    renderConsole(<SignIn over={false} />);
    await screen.findByLabelText('Name');
    fireEvent.click(submitButton());
    expect(screen.getByLabelText('Name')).toHaveAccessibleDescription('Type your name.');
    expect(requests.some((request) => request.method === 'POST')).toBe(false);
  });

  it('says what to do where there is no way to sign in', async () => {
    answerRequests(hub(undefined, { local: false, oidc: [] }));
    renderConsole(<SignIn over={false} />);
    expect(await screen.findByText(/No way to sign in is set up/)).toBeVisible();
  });

  it.each([
    ['denied', /refused the sign-in/],
    ['not-allowed', /may not use Workbench here/],
    ['toString', /The sign-in did not work/],
  ])('explains a sign-in at a provider that came back with %s', async (code, sentence) => {
    answerRequests(hub(undefined));
    renderConsole(<SignInPage />, { at: `/sign-in?error=${code}` });
    expect(await screen.findByRole('alert')).toHaveTextContent(sentence);
  });
});

describe('ownPath', () => {
  it.each([
    ['/releases?page=2', '/releases?page=2'],
    [null, '/'],
    ['//evil.example.com', '/'],
    ['/\\evil.example.com', '/'],
    ['https://evil.example.com', '/'],
    ['javascript:alert(1)', '/'],
  ])('%s leads to %s', (asked, path) => {
    expect(ownPath(asked)).toBe(path);
  });
});

describe('retryAt', () => {
  const now = Date.UTC(2026, 0, 1);
  it.each([
    ['43', now + 43_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', now + 60_000],
    [null, null],
    ['soon', null],
  ])('reads %s', (header, at) => {
    expect(retryAt(header, now)).toBe(at);
  });
});

describe('startAddress', () => {
  it('keeps what the address has already', () => {
    expect(startAddress('/start?provider=a', '/releases?q=x')).toBe('/start?provider=a&returnTo=%2Freleases%3Fq%3Dx');
  });
});

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { App } from 'antd';
import type { ReactNode } from 'react';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { LanguageContext, type Language } from '../app/i18n';
import { PreferencesProvider } from '../app/preferences';

interface Options {
  /** Where the page is, and on which route; "/" and everything when absent. */
  at?: string;
  route?: string;
  language?: Language;
}

/** Renders a part of the console with everything that is around it. */
export function renderConsole(children: ReactNode, { at = '/', route = '*', language = 'en' }: Options = {}) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, refetchInterval: false } } });
  const router = createMemoryRouter(
    [
      { path: route, element: <>{children}</> },
      { path: '*', element: <p>elsewhere</p> },
    ],
    { initialEntries: [at] },
  );
  const view = render(
    <PreferencesProvider>
      <LanguageContext value={language}>
        <QueryClientProvider client={queryClient}>
          <App>
            <RouterProvider router={router} />
          </App>
        </QueryClientProvider>
      </LanguageContext>
    </PreferencesProvider>,
  );
  return { ...view, router };
}

/** What the hub answers to a request: a status and a body. */
export type Answer = (request: Request, url: URL) => { status?: number; body?: unknown; headers?: Record<string, string> } | undefined;

/**
 * Stands for the hub in a test of a component, where answers have to be had that a real one gives only on bad days.
 * Returns the requests that came, in their order.
 */
export function answerRequests(answer: Answer): Request[] {
  const requests: Request[] = [];
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request.clone());
    const { status = 200, body = {}, headers = {} } = answer(request, new URL(request.url)) ?? { status: 404, body: { detail: 'Nothing here.' } };
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
  };
  return requests;
}

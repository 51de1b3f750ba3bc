import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { NotFoundPage, RouteError } from './errors';
import { Frame } from './frame';

// Each page is a script of its own, fetched when it is first opened.
const pages: RouteObject[] = [
  { index: true, element: <Navigate to="/releases" replace /> },
  { path: 'releases', lazy: async () => ({ Component: (await import('../features/list')).ListPage }) },
  { path: 'releases/new/:strategy/*', lazy: async () => ({ Component: (await import('../features/wizard')).WizardPage }) },
  { path: 'releases/:cluster/:namespace/:name', lazy: async () => ({ Component: (await import('../features/details')).DetailsPage }) },
  { path: 'releases/:cluster/:namespace/:name/rules', lazy: async () => ({ Component: (await import('../features/wizard/update-rules-page')).UpdateRulesPage }) },
  { path: 'approvals', lazy: async () => ({ Component: (await import('../features/list/approvals')).ApprovalsPage }) },
  { path: 'clusters/*', lazy: async () => ({ Component: (await import('../features/clusters')).ClustersPage }) },
  { path: 'workspaces/*', lazy: async () => ({ Component: (await import('../features/workspaces')).WorkspacesPage }) },
  { path: 'audit', lazy: async () => ({ Component: (await import('../features/audit')).AuditPage }) },
  { path: 'account/*', lazy: async () => ({ Component: (await import('../features/account')).AccountPage }) },
  { path: '*', Component: NotFoundPage },
];

export function newRouter() {
  return createBrowserRouter([
    // Where an outside sign-in ends that was begun in a window of its own; it needs no session and no frame.
    { path: '/signed-in', lazy: async () => ({ Component: (await import('../features/signin')).SignedInPage }), ErrorBoundary: RouteError },
    // Where the hub sends a sign-in at a provider that failed.
    { path: '/sign-in', lazy: async () => ({ Component: (await import('../features/signin')).SignInPage }), ErrorBoundary: RouteError },
    {
      path: '/',
      Component: Frame,
      HydrateFallback: () => null,
      ErrorBoundary: RouteError,
      children: pages.map((page) => ({ ...page, ErrorBoundary: RouteError })) as RouteObject[],
    },
  ]);
}

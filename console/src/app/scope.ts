import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** The workspace that the person looks at; null for all of them. The address holds it, so that a link shows the same. */
export function useWorkspaceScope(): [string | null, (workspace: string | null) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (workspace: string | null) =>
      setParams((before) => {
        const next = new URLSearchParams(before);
        if (workspace) next.set('workspace', workspace);
        else next.delete('workspace');
        next.delete('page');
        return next;
      }),
    [setParams],
  );
  return [params.get('workspace'), set];
}

/** Keeps the workspace in the address from page to page. */
export function useScopedPath(): (path: string) => string {
  const [workspace] = useWorkspaceScope();
  return (path) => (workspace ? `${path}?${new URLSearchParams({ workspace })}` : path);
}

import { useCallback, useEffect, useState } from 'react';
import { dropDraft, emptyDraft, isTouched, loadDraft, saveDraft, type Draft } from './draft';

export interface DraftState {
  draft: Draft;
  /** Whether it was found in the tab's storage, from before a reload or a visit elsewhere. */
  restored: boolean;
  change: (part: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void;
  /** Back to an empty one. */
  startOver: () => void;
  /** The task is made: nothing is kept any more. */
  done: () => void;
}

/** The draft of a person, kept with every change. */
export function useDraft(user: string, given: Partial<Draft>): DraftState {
  const [{ draft, restored }, set] = useState(() => {
    const kept = loadDraft(sessionStorage, user);
    return { draft: { ...(kept ?? emptyDraft()), ...given }, restored: kept !== undefined && isTouched(kept) };
  });
  const [over, setOver] = useState(false);

  useEffect(() => {
    if (!over) saveDraft(sessionStorage, user, draft);
  }, [draft, user, over]);

  const change = useCallback(
    (part: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) =>
      set((before) => ({ ...before, draft: { ...before.draft, ...(typeof part === 'function' ? part(before.draft) : part) } })),
    [],
  );
  const startOver = useCallback(() => set({ draft: emptyDraft(), restored: false }), []);
  const done = useCallback(() => {
    setOver(true);
    dropDraft(sessionStorage, user);
  }, [user]);
  return { draft, restored, change, startOver, done };
}

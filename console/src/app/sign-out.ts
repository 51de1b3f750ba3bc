import { useCallback } from 'react';
import { session } from '../api/session';

export function useSignOut(): () => Promise<void> {
  return useCallback(async () => {
    session.signedOut();
  }, []);
}

import { useCallback } from 'react';
import { api, call } from '../api/client';
import { session } from '../api/session';

/** Ends the session at the hub, then leaves for the sign-in. Rejects when the hub didn't end it. */
export function useSignOut(): () => Promise<void> {
  return useCallback(async () => {
    await call(api.POST('/api/v1/auth/sign-out'));
    session.signedOut();
  }, []);
}

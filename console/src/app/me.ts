import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, call } from '../api/client';
import { session } from '../api/session';
import type { Me } from '../api/types';

export const meKey = ['me'] as const;

/** Who is signed in, and what they may do. */
export function useMe(): UseQueryResult<Me> {
  const me = useQuery({ queryKey: meKey, queryFn: ({ signal }) => call(api.GET('/api/v1/me', { signal })), staleTime: 60_000 });
  const name = me.data?.name;
  useEffect(() => {
    if (name) session.belongsTo(name);
  }, [name]);
  return me;
}

import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { session } from '../api/session';

/** Who is signed in. */
export interface Me {
  name: string;
  displayName: string;
  admin: boolean;
}

export const meKey = ['me'] as const;

export function useMe(): UseQueryResult<Me> {
  const me = useQuery({ queryKey: meKey, queryFn: async (): Promise<Me> => ({ name: '', displayName: '', admin: false }), staleTime: 60_000 });
  const name = me.data?.name;
  useEffect(() => {
    if (name) session.belongsTo(name);
  }, [name]);
  return me;
}

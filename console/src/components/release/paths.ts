/** Names a task; all of TaskRow, TaskDetail and TaskKey do. */
export interface TaskName {
  cluster: string;
  namespace: string;
  name: string;
}

/** Where the console shows a task. */
export function taskPath({ cluster, namespace, name }: TaskName): string {
  return `/releases/${encodeURIComponent(cluster)}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

export function sameTask(a: TaskName, b: TaskName): boolean {
  return a.name === b.name && a.namespace === b.namespace && a.cluster === b.cluster;
}

/** One text for a task, for maps and React keys. */
export function taskId({ cluster, namespace, name }: TaskName): string {
  return `${cluster}/${namespace}/${name}`;
}

/** Keys of the query cache: everything about tasks begins alike, so that one call refreshes all of it. */
export const taskKeys = {
  all: ['tasks'] as const,
  list: (filters: object) => ['tasks', 'list', filters] as const,
  detail: (task: TaskName) => ['tasks', 'detail', taskId(task)] as const,
  part: (task: TaskName, part: string, ...more: unknown[]) => ['tasks', 'detail', taskId(task), part, ...more] as const,
};

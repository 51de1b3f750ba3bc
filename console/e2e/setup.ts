import { createTasks } from './given';
import { startWorld } from './world';

export default async function setup() {
  await startWorld();
  await createTasks();
}

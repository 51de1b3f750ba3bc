import { startWorld } from './world';

export default startWorld;

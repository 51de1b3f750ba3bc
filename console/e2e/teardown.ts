import { endWorld } from './world';

export default endWorld;

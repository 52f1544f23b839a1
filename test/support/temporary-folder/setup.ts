/** Jest calls this once before it starts a worker. */
import { startRun } from './run';

export default startRun;

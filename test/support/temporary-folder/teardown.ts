/** Jest calls this once after the last test. The run fails if it throws. */
import { endRun } from './run';

export default endRun;

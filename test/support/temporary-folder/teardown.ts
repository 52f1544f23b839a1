/** Jest calls this once, after the last test. The run fails when it throws. */
import { endRun } from './run';

export default endRun;

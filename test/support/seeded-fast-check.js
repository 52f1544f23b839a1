/**
 * fast-check with a seed that follows from what is committed. A failure in CI comes again on every machine that runs
 * the tests of that commit, and each commit meets other cases. The environment variable FAST_CHECK_SEED gives another
 * seed; `random` gives a new one in each run, as a tree without Git does.
 */
'use strict';
const { spawnSync } = require('node:child_process');
// By its path, because Jest maps the name of the package to this file.
const fastCheck = require('../../node_modules/fast-check/lib/cjs/fast-check.js');

const { FAST_CHECK_SEED: given = committed() } = process.env;
const seed = Number.parseInt(given, 10);
if (Number.isInteger(seed)) fastCheck.configureGlobal({ seed });

module.exports = fastCheck;

/** Returns the seed of what is committed, or nothing if Git does not know. */
function committed() {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD^{tree}'], { cwd: __dirname, encoding: 'utf8' });
  return `${Number.parseInt((stdout ?? '').slice(0, 7), 16)}`;
}

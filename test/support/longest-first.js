/**
 * The order of the test files: first those whose tests wait or start processes, so that no long one is left for the end.
 *
 * Jest itself knows how long each file took in the run before; a fresh clone has had none.
 */
const Sequencer = require('@jest/test-sequencer').default;

/** The files that take longest, and then the folders whose files do. */
const FIRST = ['test/faults/kill.', 'test/wire/', 'test/faults/', 'test/policies/', '.properties.test.'];

function rank({ path }) {
  const index = FIRST.findIndex(part => path.includes(part));
  return index === -1 ? FIRST.length : index;
}

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};

/** Runs the tests that need no server first, so that a broken kernel shows in seconds, and the whole commands last. */
const { default: Sequencer } = require('@jest/test-sequencer');

const ORDER = [
  'kernel',
  'readme',
  'stores',
  'workflows',
  'histories',
  'runs',
  'mirror',
  'conformance',
  'worker',
  'chaos',
  'server',
  'demo',
  'package',
];

const rank = ({ path }) => ORDER.findIndex((folder) => path.includes(`/test/${folder}/`));

module.exports = class FastFirstSequencer extends Sequencer {
  sort(tests) {
    return [...tests].sort((one, other) => rank(one) - rank(other) || one.path.localeCompare(other.path));
  }
};

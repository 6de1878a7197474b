import fc from 'fast-check';
import { randomProgram } from './random-programs';
import { programsOf } from './random-programs-batch';
for (const from of [0, 7, 31]) {
  const one = JSON.stringify(programsOf({ seed: 99, from, count: 1 })[0]);
  const of40 = JSON.stringify(programsOf({ seed: 99, from: 0, count: 40 })[from]);
  let checked = '';
  void fc.check(fc.asyncProperty(randomProgram, async (p) => { checked ||= JSON.stringify(p); }), { seed: 99, path: String(from), numRuns: 1 }).then(() => console.log(one === of40, one === checked, one.length));
}

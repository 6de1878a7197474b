/** The bench of peers, with nothing of theirs installed: how it is called, what it prints of given figures, and what a peer that can't be had says. */
import { BadCommand, OK } from '../../tools/bench/bench';
import { PeerProcess } from '../../tools/bench/peer-process';
import { peersBench } from '../../tools/bench/peers-bench';
import { peerRows, peersText, type PeersFindings } from '../../tools/bench/peers-report';

const FINDINGS: PeersFindings = {
  environment: { processor: 'CPU', cores: 2, platform: 'linux x64', node: '20.3.0', rustc: null, load: 0.1 },
  syncMs: 0.254,
  dose: { rounds: 3, steps: 100, runs: 50 },
  measured: [
    { name: 'ours', version: 'Temporal 1', durable: 'it is in history', notMeasured: 'a cluster' },
    { name: 'DBOS', version: 'dbos 5', durable: 'it is a row', notMeasured: 'queues' },
  ],
  leftOut: [{ name: 'Restate', why: 'there is no binary\n  for this machine' }],
  figures: [
    { load: '1 run of 100 steps', amount: 100, name: 'ours', samplesMs: [1_000, 800, 5_000] },
    { load: '1 run of 100 steps', amount: 100, name: 'DBOS', samplesMs: [250, 200, 150] },
    { load: '50 runs of 10 steps at once', amount: 500, name: 'ours', samplesMs: [2_000, 1_000, 4_000] },
    { load: '50 runs of 10 steps at once', amount: 500, name: 'DBOS', samplesMs: [] },
  ],
};

test.each([
  [['--rounds', '0'], '--rounds 0: it must be 1, 2, 3, … and at most 1,000,000'],
  [['--runs', 'many'], '--runs many: it must be 1, 2, 3, … and at most 1,000,000'],
  [['--only', 'ours', '--only', 'cron'], '--only cron: it is one of ours, bursts, dbos, restate, langgraph-sqlite'],
  [['--fast'], "Unknown option '--fast'"],
])('given %j, then the command is refused, and says why', async (args, why) => {
  const refusal = peersBench.run(args);
  await expect(refusal).rejects.toThrow(BadCommand);
  await expect(refusal).rejects.toThrow(why);
});

test('given --help, then every option is explained and nothing is measured', async () => {
  const said = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    expect(await peersBench.run(['--help'])).toBe(OK);
    const [[usage]] = said.mock.calls as [[string]];
    for (const option of ['--rounds', '--steps', '--runs', '--only', '--json'])
      expect(usage).toContain(`\n  ${option} `);
  } finally {
    said.mockRestore();
  }
});

test('given times, then a row has their median, what a step takes of it, and how many steps a second are', () => {
  expect(peerRows(FINDINGS.figures)).toEqual([
    { load: '1 run of 100 steps', name: 'ours', ms: 1_000, msEach: 10, perSecond: 100 },
    { load: '1 run of 100 steps', name: 'DBOS', ms: 200, msEach: 2, perSecond: 500 },
    { load: '50 runs of 10 steps at once', name: 'ours', ms: 2_000, msEach: 4, perSecond: 250 },
  ]);
});

test('given findings, then the report says what was measured, what is durable after a step, and who is left out', () => {
  expect(peersText(FINDINGS)).toEqual([
    'CPU, 2 cores, linux x64; node 20.3.0; no rustc; load 0.1',
    'to append 4 kB and sync them takes 0.25 ms here; everything on this machine; medians of 3 rounds',
    '',
    '                             with    ms  ms a step  steps /s',
    '1 run of 100 steps           ours  1000      10.00       100',
    '1 run of 100 steps           DBOS   200       2.00       500',
    '50 runs of 10 steps at once  ours  2000       4.00       250',
    '',
    'ours (Temporal 1)',
    '  after a step, it is in history',
    '  not measured: a cluster',
    'DBOS (dbos 5)',
    '  after a step, it is a row',
    '  not measured: queues',
    'not measured anywhere: databases and servers on other machines, how runs go on after a crash, memory',
    'Restate is left out: there is no binary for this machine',
  ]);
});

test('given a peer whose module can not be loaded, when it is opened, then that is said', async () => {
  await expect(PeerProcess.open('nobody.mjs', {})).rejects.toThrow(/nobody\.mjs/);
});

/**
 * `npm run bench -- peers`: durable steps with what somebody would pick instead of us, beside ours.
 *
 * All are measured in every round, one after the other, and who begins changes from round to round; so a machine that is busy for a while is busy for all. There is
 * no bound: what is durable after a step is not the same everywhere, and the report says what it is. Whoever can't be had or fails is left out, and the
 * others go on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/kernel';
import { BadCommand, BROKEN, countOf, OK, type Bench, readOptions } from './bench';
import { environment } from './environment';
import type { OpenPeer, Peer, PeerKey, PeerLoad } from './peer';
import { ensurePeersInstalled } from './peers-installation';
import { otherPeers } from './peers-others';
import { ourPeers } from './peers-ours';
import { peerRows, peersText, type LeftOut, type PeerFigure, type PeersDose, type PeersFindings } from './peers-report';
import { SHORT_STEPS } from './steps-sides';
import { syncMs } from './sync-cost';

const ROUNDS_DEFAULT = 5;
const LONG_STEPS = 100;
const RUNS_DEFAULT = 50;

const KEYS: readonly PeerKey[] = ['ours', 'bursts', 'dbos', 'restate', 'langgraph-sqlite', 'langgraph-postgres'];

const USAGE = `npm run bench -- peers [OPTION...]

Measures durable steps, each of which needs the one before: one run of many, and many runs of ${SHORT_STEPS} steps at once. With us on a local Temporal
server that has a file, and with DBOS on PostgreSQL, Restate, and LangGraph on SQLite and PostgreSQL, each with the settings under which a finished
step is on disk. What the others need is installed in tools/bench/peers when this is called; one that can't be had is left out. A round before
the first is not counted.

  --rounds N    how often everything is measured (default ${ROUNDS_DEFAULT}); figures are medians
  --steps N     steps of the one run (default ${LONG_STEPS})
  --runs N      how many runs are under way at once (default ${RUNS_DEFAULT})
  --only NAME   one of ${KEYS.join(', ')}; may be given again
  --json        prints one JSON document and nothing else
  --help        prints this

Exit code: 0 when anything could be measured, 1 when nothing could.`;

export const peersBench: Bench = {
  name: 'peers',
  summary: 'durable steps with DBOS, Restate and LangGraph, beside ours',
  run: async (args) => {
    const values = readOptions(args, USAGE, {
      rounds: { type: 'string' },
      steps: { type: 'string' },
      runs: { type: 'string' },
      only: { type: 'string', multiple: true },
    });
    if (values.help === true) {
      console.log(USAGE);
      return OK;
    }
    const dose: PeersDose = {
      rounds: countOf('--rounds', values.rounds, ROUNDS_DEFAULT),
      steps: countOf('--steps', values.steps, LONG_STEPS),
      runs: countOf('--runs', values.runs, RUNS_DEFAULT),
    };
    const keys = keysOf(values.only);
    const findings = await measure(dose, keys);
    console.log(
      values.json === true
        ? JSON.stringify({ bench: 'peers', ...findings, rows: peerRows(findings.figures) })
        : peersText(findings).join('\n'),
    );
    return findings.figures.length > 0 ? OK : BROKEN;
  },
};

/** A peer that is part of the rounds until it fails. */
interface Runner {
  readonly peer: Peer;
  readonly open: OpenPeer;
}

async function measure(dose: PeersDose, keys: readonly PeerKey[]): Promise<PeersFindings> {
  const folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-bench-'));
  const before = environment();
  const leftOut: LeftOut[] = [];
  let runners: readonly Runner[] = [];
  const drop = async ({ peer, open }: Runner, error: unknown): Promise<void> => {
    runners = runners.filter((runner) => runner.peer !== peer);
    leftOut.push({ name: peer.name, why: messageOf(error) });
    await close({ peer, open });
  };
  try {
    const sync = syncMs(folder);
    for (const peer of await peersToOpen(folder, keys, leftOut)) {
      progress(`opening ${peer.name} ...`);
      try {
        runners = [...runners, { peer, open: await peer.open() }];
      } catch (error) {
        leftOut.push({ name: peer.name, why: messageOf(error) });
      }
    }
    const figures = loadsOf(dose).map((load) => ({ load, samples: new Map<Peer, number[]>() }));
    // Round 0 makes everything warm.
    for (let round = 0; round <= dose.rounds; round += 1) {
      progress(`round ${round} of ${dose.rounds} ...`);
      for (const { load, samples } of figures) {
        for (const runner of round % 2 === 0 ? runners : runners.toReversed()) {
          try {
            const ms = await runner.open.takesMs(load);
            if (round > 0) samples.set(runner.peer, [...(samples.get(runner.peer) ?? []), ms]);
          } catch (error) {
            await drop(runner, error);
          }
        }
      }
    }
    return {
      environment: before,
      syncMs: sync,
      dose,
      measured: runners.map(({ peer: { name, durable, notMeasured }, open: { version } }) => ({
        ...{ name, version, durable, notMeasured },
      })),
      leftOut,
      figures: figures.flatMap(({ load, samples }) =>
        runners.map(({ peer }): PeerFigure => ({
          load: titleOf(load),
          amount: load.runs * load.steps,
          name: peer.name,
          samplesMs: samples.get(peer) ?? [],
        })),
      ),
    };
  } finally {
    await Promise.all(runners.map(close));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One that can't be stopped must not keep the others running. */
async function close({ peer, open }: Runner): Promise<void> {
  try {
    await open.close();
  } catch (error) {
    process.stderr.write(`${peer.name} could not be closed: ${messageOf(error)}\n`);
  }
}

/** Those that were asked for, and of the others only if they can be installed. */
async function peersToOpen(folder: string, keys: readonly PeerKey[], leftOut: LeftOut[]): Promise<readonly Peer[]> {
  const wanted = (peers: readonly Peer[]): readonly Peer[] => peers.filter(({ key }) => keys.includes(key));
  const ours = wanted(ourPeers(folder));
  const others = wanted(otherPeers(folder));
  if (others.length === 0) return ours;
  try {
    await ensurePeersInstalled();
    return [...ours, ...others];
  } catch (error) {
    leftOut.push(...others.map(({ name }) => ({ name, why: messageOf(error) })));
    return ours;
  }
}

function loadsOf({ steps, runs }: PeersDose): readonly PeerLoad[] {
  return [
    { runs: 1, steps },
    { runs, steps: SHORT_STEPS },
  ];
}

function titleOf({ runs, steps }: PeerLoad): string {
  return runs === 1 ? `1 run of ${steps} steps` : `${runs} runs of ${steps} steps at once`;
}

/** Told on the other stream: a minute without a word looks like one that hangs. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
}

function keysOf(only: readonly string[] | undefined): readonly PeerKey[] {
  if (only === undefined) return KEYS;
  return only.map((name) => {
    const key = KEYS.find((one) => one === name);
    if (key === undefined) throw new BadCommand(`--only ${name}: it is one of ${KEYS.join(', ')}`);
    return key;
  });
}

/** What the bench of peers prints: medians of given figures, what is durable after a step, and who is left out. */
import { aligned } from './aligned-table';
import { environmentText, type Environment } from './environment';
import type { Peer } from './peer';
import { median } from './sampling';

/** How much is measured. */
export interface PeersDose {
  readonly rounds: number;
  readonly steps: number;
  readonly runs: number;
}

/** A peer's times for one load in milliseconds, one for each round. */
export interface PeerFigure {
  readonly load: string;
  /** Steps of the whole load. */
  readonly amount: number;
  readonly name: string;
  readonly samplesMs: readonly number[];
}

/** A peer that could not be had, or failed. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/** All that was found. */
export interface PeersFindings {
  readonly environment: Environment;
  readonly syncMs: number;
  readonly dose: PeersDose;
  readonly measured: readonly (Pick<Peer, 'name' | 'durable' | 'notMeasured'> & { readonly version: string })[];
  readonly leftOut: readonly LeftOut[];
  readonly figures: readonly PeerFigure[];
}

/** A line of the table. */
export interface PeerRow {
  readonly load: string;
  readonly name: string;
  readonly ms: number;
  readonly msEach: number;
  readonly perSecond: number;
}

/** One for each peer and load that has figures; medians. */
export function peerRows(figures: readonly PeerFigure[]): readonly PeerRow[] {
  return figures
    .filter(({ samplesMs }) => samplesMs.length > 0)
    .map(({ load, amount, name, samplesMs }) => {
      const ms = median(samplesMs);
      return { load, name, ms, msEach: ms / amount, perSecond: (amount / ms) * 1_000 };
    });
}

const NOWHERE_MEASURED =
  'not measured anywhere: databases and servers on other machines, how runs go on after a crash, memory';

/** The report, line by line. */
export function peersText({
  environment,
  syncMs,
  dose: { rounds },
  measured,
  leftOut,
  figures,
}: PeersFindings): readonly string[] {
  const table = peerRows(figures).map(({ load, name, ms, msEach, perSecond }) => [
    load,
    name,
    ms.toFixed(0),
    msEach.toFixed(2),
    perSecond.toFixed(0),
  ]);
  return [
    environmentText(environment),
    `to append 4 kB and sync them takes ${syncMs.toFixed(2)} ms here; everything on this machine; medians of ${rounds} rounds`,
    '',
    ...(table.length === 0 ? [] : [...aligned([['', 'with', 'ms', 'ms a step', 'steps /s'], ...table]), '']),
    ...measured.flatMap(({ name, version, durable, notMeasured }) => [
      `${name} (${version})`,
      `  after a step, ${durable}`,
      `  not measured: ${notMeasured}`,
    ]),
    ...(measured.length === 0 ? [] : [NOWHERE_MEASURED]),
    ...leftOut.map(({ name, why }) => `${name} is left out: ${why.replaceAll(/\s+/g, ' ')}`),
  ];
}

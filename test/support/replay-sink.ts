/** The tests' window into the sandbox: every entry that a workflow appends, also while its history is replayed. */
import { proxySinks, type Sinks } from '@temporalio/workflow';
import { encodeEvent, hashOf, type Entry, type WireEvent } from '../../src/kernel';

export interface ObservedEntry {
  readonly seq: number;
  readonly event: WireEvent;
  readonly stateHash: string;
}

export interface ReplaySinks extends Sinks {
  replayedLog: { appended(entry: ObservedEntry): void };
}

const { replayedLog } = proxySinks<ReplaySinks>();

export function observe({ seq, event, state }: Entry): void {
  replayedLog.appended({ seq, event: encodeEvent(event), stateHash: hashOf(state) });
}

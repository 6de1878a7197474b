/** What is measured by `npm run bench -- peers`: ways to have durable steps, of which ours are two. */

/** So many runs at once, of so many steps each. */
export interface PeerLoad {
  readonly runs: number;
  readonly steps: number;
}

/** What `--only` calls a peer. */
export type PeerKey = 'ours' | 'bursts' | 'dbos' | 'restate' | 'langgraph-sqlite' | 'langgraph-postgres';

/** One that can be opened. */
export interface Peer {
  readonly key: PeerKey;
  /** As tables have it. */
  readonly name: string;
  /** What is on disk before the next step begins, and by which settings. */
  readonly durable: string;
  /** What somebody who compares must know. */
  readonly notMeasured: string;
  /** @throws Error when it can't be had on this machine */
  open(): Promise<OpenPeer>;
}

/** One that takes loads. */
export interface OpenPeer {
  /** What does the work: programs and libraries with their versions. */
  readonly version: string;
  /**
   * Does it once, to the end of all runs.
   *
   * @returns milliseconds
   * @throws Error when a run's outcome is not that it took those steps
   */
  takesMs(load: PeerLoad): Promise<number>;
  /** Stops everything that was started for it. May be called when it has failed. */
  close(): Promise<void>;
}

/**
 * The runs that a mirror service is to look at.
 *
 * Guarantees: a run is in it once, however often it is asked for, and is given out to one at a time; one that is asked for while it is
 * looked at is given out again; it holds no more than it is allowed to.
 */
import type { RunId } from '../kernel';

/** What somebody saw of a run: a look that does not come as far was too early. */
export interface Seen {
  readonly executionId: string;
  /** The number of events that the execution's history had. */
  readonly historyLength: number;
}

/** A look to make. */
export interface Look {
  readonly runId: RunId;
  /** The executions that are meant; null is the one that the run is in. */
  readonly executionIds: readonly (string | null)[];
  /** Whether somebody saw the run move: what they saw, or true when they can't say how far it had come. */
  readonly woken: Seen | boolean;
  /** How often looks since the run was asked for came too early. */
  readonly early: number;
  /** How often looks since the run was asked for failed because of an outage. */
  readonly outages: number;
}

/** What is asked for. */
export type LookRequest = Pick<Look, 'runId'> & Partial<Look>;

interface Item {
  look: Look;
  /** What was asked for while it was looked at. */
  again: Look | null;
  state: 'delayed' | 'ready' | 'looking';
  timer: NodeJS.Timeout | null;
}

export class LookQueue {
  readonly #max: number;
  readonly #onReady: () => void;
  readonly #items = new Map<RunId, Item>();
  readonly #ready = new Set<RunId>();
  #waiters: { readonly size: number; readonly resolve: () => void }[] = [];

  /** @param onReady called when there is something to take */
  constructor(max: number, onReady: () => void) {
    this.#max = max;
    this.#onReady = onReady;
  }

  /** Runs that wait, or are looked at. */
  get size(): number {
    return this.#items.size;
  }

  /** Asks for a look, in so many milliseconds. False when there is no room for it. */
  add(request: LookRequest, delayMs = 0): boolean {
    const { runId, executionIds = [null], woken = false, early = 0, outages = 0 } = request;
    const look: Look = { runId, executionIds, woken, early, outages };
    const item = this.#items.get(runId);
    if (item === undefined) {
      if (this.#items.size >= this.#max) return false;
      const added: Item = { look, again: null, state: 'delayed', timer: null };
      this.#items.set(runId, added);
      this.#schedule(added, delayMs);
      return true;
    }
    if (item.state === 'looking') item.again = item.again === null ? look : merged(item.again, look);
    else item.look = merged(item.look, look);
    return true;
  }

  /** The next run to look at; null when none is ready. Say `finish` when it was looked at. */
  take(): Look | null {
    const [runId] = this.#ready;
    const item = runId === undefined ? undefined : this.#items.get(runId);
    if (runId === undefined || item === undefined) return null;
    this.#ready.delete(runId);
    item.state = 'looking';
    return item.look;
  }

  /** A run was looked at. @param retry a look that is to be made again, in so many milliseconds */
  finish(runId: RunId, retry: { readonly look: Look; readonly delayMs: number } | null = null): void {
    const item = this.#items.get(runId);
    if (item?.state !== 'looking') return;
    const { again } = item;
    if (again === null && retry === null) {
      this.#items.delete(runId);
      this.#wakeWaiters();
      return;
    }
    item.again = null;
    item.look = again === null ? (retry?.look ?? item.look) : retry === null ? again : merged(retry.look, again);
    this.#schedule(item, again === null ? (retry?.delayMs ?? 0) : 0);
  }

  /** Resolves when no more than so many runs are in it. */
  async whenAtMost(size: number): Promise<void> {
    if (this.#items.size <= size) return;
    await new Promise<void>((resolve) => {
      this.#waiters.push({ size, resolve });
    });
  }

  /** Forgets what nobody looks at yet. */
  clear(): void {
    for (const [runId, item] of this.#items) {
      item.again = null;
      if (item.state === 'looking') continue;
      if (item.timer !== null) clearTimeout(item.timer);
      this.#items.delete(runId);
    }
    this.#ready.clear();
    this.#wakeWaiters();
  }

  #schedule(item: Item, delayMs: number): void {
    const { runId } = item.look;
    const ready = (): void => {
      item.timer = null;
      item.state = 'ready';
      this.#ready.add(runId);
      this.#onReady();
    };
    if (delayMs <= 0) {
      ready();
      return;
    }
    item.state = 'delayed';
    item.timer = setTimeout(ready, delayMs);
  }

  #wakeWaiters(): void {
    const { size } = this.#items;
    const woken = this.#waiters.filter((waiter) => size <= waiter.size);
    this.#waiters = this.#waiters.filter((waiter) => size > waiter.size);
    for (const { resolve } of woken) resolve();
  }
}

/** Executions of one run that are remembered in a look; a workflow id that is used again more often waits for the next sweep. */
const EXECUTIONS_MAX = 100;

/** What both asked for. The later one saw more. */
function merged(one: Look, later: Look): Look {
  const executionIds = [...new Set([...one.executionIds, ...later.executionIds])].slice(-EXECUTIONS_MAX);
  return {
    runId: one.runId,
    executionIds,
    woken: later.woken === false ? one.woken : later.woken,
    early: Math.min(one.early, later.early),
    outages: Math.max(one.outages, later.outages),
  };
}

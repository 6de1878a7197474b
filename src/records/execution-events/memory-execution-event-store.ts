/**
 * Execution events in memory: for tests, for tools, and for executions that nobody needs tomorrow.
 *
 * Guarantees: the same behaviour as a store on disk. What was stored can't be changed from outside: it is frozen.
 */
import { assertTenantId, DEFAULT_TENANT, type TenantId } from '../../kernel';
import type { ExecutionId, Sequence } from './execution-event';
import {
  assertExpectedSequence,
  checkedBatch,
  checkedEventLimit,
  checkedExecutionId,
  checkedListing,
  checkedSequence,
} from './execution-event-input';
import type { ExecutionEventStore } from './execution-event-store';
import type { NewExecutionEvent, StoredExecutionEvent } from './stored-execution-event';

/** The executions of one tenant. */
type Executions = Map<ExecutionId, StoredExecutionEvent[]>;

/** Keeps one tenant's execution events in memory for as long as the object lives. Payloads given to it are frozen in place. */
export class MemoryExecutionEventStore implements ExecutionEventStore {
  readonly tenant: TenantId;
  /** All tenants' executions: what the stores of one memory have in common. */
  #memory = new Map<TenantId, Executions>();

  /**
   * Makes an empty store.
   *
   * @throws KernelError `InvalidTenant`
   */
  constructor(tenant: TenantId = DEFAULT_TENANT) {
    assertTenantId(tenant);
    this.tenant = tenant;
  }

  /**
   * Another tenant's store in the same memory, as two stores may be opened on one database.
   *
   * @throws KernelError `InvalidTenant`
   */
  forTenant(tenant: TenantId): MemoryExecutionEventStore {
    const other = new MemoryExecutionEventStore(tenant);
    other.#memory = this.#memory;
    return other;
  }

  async append(
    executionId: ExecutionId,
    event: NewExecutionEvent,
    expectedSequence: Sequence | null = null,
  ): Promise<Sequence> {
    return await this.appendBatch(executionId, [event], expectedSequence);
  }

  appendBatch(
    executionId: ExecutionId,
    events: readonly NewExecutionEvent[],
    expectedSequence: Sequence | null = null,
  ): Promise<Sequence> {
    return settled(() => {
      const checked = checkedBatch(events);
      const stored = this.#eventsOf(executionId);
      const first = stored.length + 1;
      assertExpectedSequence(executionId, expectedSequence, stored.length);
      checked.forEach(({ event, timestampMs }, index) => {
        const tenantId = this.tenant;
        stored.push(Object.freeze({ sequence: first + index, executionId, tenantId, event, timestampMs }));
      });
      this.#memory.set(this.tenant, this.#executions.set(executionId, stored));
      return first;
    });
  }

  loadEvents(executionId: ExecutionId): Promise<readonly StoredExecutionEvent[]> {
    return settled(() => [...this.#eventsOf(executionId)]);
  }

  loadEventsAfter(
    executionId: ExecutionId,
    afterSequence: Sequence,
    limit?: number,
  ): Promise<readonly StoredExecutionEvent[]> {
    return settled(() => {
      const after = checkedSequence(afterSequence);
      const count = checkedEventLimit(limit);
      return this.#eventsOf(executionId).slice(after, count === null ? undefined : after + count);
    });
  }

  getLatestSequence(executionId: ExecutionId): Promise<Sequence | null> {
    return settled(() => this.#eventsOf(executionId).at(-1)?.sequence ?? null);
  }

  executionExists(executionId: ExecutionId): Promise<boolean> {
    return settled(() => this.#eventsOf(executionId).length > 0);
  }

  listExecutions(limit: number, offset: number): Promise<readonly ExecutionId[]> {
    return settled(() => {
      const checked = checkedListing(limit, offset);
      return [...this.#executions.values()]
        .map(([first]) => first as StoredExecutionEvent)
        .sort((one, other) => other.timestampMs - one.timestampMs || compareTexts(other.executionId, one.executionId))
        .slice(checked.offset, checked.offset + checked.limit)
        .map(({ executionId }) => executionId);
    });
  }

  countEvents(executionId: ExecutionId): Promise<number> {
    return settled(() => this.#eventsOf(executionId).length);
  }

  get #executions(): Executions {
    return this.#memory.get(this.tenant) ?? new Map<ExecutionId, StoredExecutionEvent[]>();
  }

  #eventsOf(executionId: ExecutionId): StoredExecutionEvent[] {
    return this.#executions.get(checkedExecutionId(executionId)) ?? [];
  }
}

/** As databases compare UTF-8, by code points. JavaScript compares UTF-16, whose surrogates come before other characters. */
function compareTexts(one: string, other: string): number {
  const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const difference = rank(one.charCodeAt(index)) - rank(other.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Runs the work now, as a whole, and gives its outcome as a promise. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

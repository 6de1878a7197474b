/**
 * The statements of the log store, built once per database. Each names its tenant: row-level security stands behind
 * that, where a database has it, and not instead of it.
 *
 * The last of many rows is asked for by ORDER BY and LIMIT, never by max(): PostgreSQL may plan that as a walk over all of
 * them, and keep the plan.
 */
import { sql, type Kysely } from 'kysely';
import type { Hash } from '../kernel/hash';
import type { RunId, Seq } from '../kernel/identity';
import type { TenantId } from '../kernel/tenant';
import type { EventTable, PositionTable, RunTable, SnapshotTable, StoreSchema } from './sql-schema';
import { bulkInsert, type BulkInsert } from './sql-bulk-insert';
import type { RunRow } from './sql-rows';
import { statement, type Statement } from './sql-statement';

/** Whose run it is. */
export interface RunKey {
  readonly tenant: TenantId;
  readonly runId: RunId;
}

/** Where a page of a run begins, and how many rows it has at most. */
export interface PageKey extends RunKey {
  readonly from: Seq;
  readonly limit: number;
}

/** A seq of a run. */
export interface SeqKey extends RunKey {
  readonly seq: Seq;
}

/** What is inserted for an event that comes without hashes. */
export type PlainEventRow = Pick<EventTable, 'tenant_id' | 'run_id' | 'seq' | 'event'>;

const PLAIN_EVENT_COLUMNS = ['tenant_id', 'run_id', 'seq', 'event'] as const;

const EVENT_COLUMNS = [
  ...PLAIN_EVENT_COLUMNS,
  'state_hash',
  'hash',
  'seal',
  'execution_id',
  'history_event_id',
  'time_ms',
] as const;

/** Where a run stands. All but the head is null for a run that was never mirrored. */
export interface StandingRow {
  readonly head: Seq | null;
  readonly genesis_hash: Hash | null;
  readonly first_execution_id: string | null;
  readonly recorded_head: Seq | null;
  readonly position: string | null;
}

/** The statements, ready to be bound. */
export interface LogStatements {
  readonly head: Statement<RunKey, { readonly head: Seq }>;
  readonly scanEvents: Statement<PageKey, Pick<EventTable, 'seq' | 'event'>>;
  /** Only entries: events without hashes are none. */
  readonly scanLog: Statement<PageKey, Omit<EventTable, 'tenant_id' | 'run_id'>>;
  /** Head and position are null only when the row that holds them is gone. */
  readonly loadRun: Statement<RunKey, RunRow>;
  readonly standing: Statement<RunKey, StandingRow>;
  readonly snapshotAtOrBefore: Statement<SeqKey, Pick<SnapshotTable, 'at_seq' | 'state'>>;
  readonly lastSnapshot: Statement<RunKey, Pick<SnapshotTable, 'at_seq'>>;
  readonly countSnapshotsBefore: Statement<SeqKey, { readonly count: number }>;
  readonly dropSnapshotsBefore: Statement<SeqKey, unknown>;
  readonly insertRun: Statement<RunTable, unknown>;
  readonly putPosition: Statement<PositionTable, unknown>;
  readonly putSnapshot: Statement<SnapshotTable, unknown>;
  readonly insertPlainEvents: BulkInsert<PlainEventRow>;
  readonly insertEvents: BulkInsert<EventTable>;
}

/** Builds the statements. */
export function logStatements(db: Kysely<StoreSchema>): LogStatements {
  return {
    head: statement((key: RunKey) =>
      db
        .selectFrom('events')
        .select('seq as head')
        .where('tenant_id', '=', key.tenant)
        .where('run_id', '=', key.runId)
        .orderBy('seq', 'desc')
        .limit(1),
    ),

    scanEvents: statement((key: PageKey) =>
      db
        .selectFrom('events')
        .select(['seq', 'event'])
        .where('tenant_id', '=', key.tenant)
        .where('run_id', '=', key.runId)
        .where('seq', '>=', key.from)
        .orderBy('seq')
        .limit(key.limit),
    ),

    scanLog: statement((key: PageKey) =>
      db
        .selectFrom('events')
        .select(['seq', 'event', 'state_hash', 'hash', 'seal', 'execution_id', 'history_event_id', 'time_ms'])
        .where('tenant_id', '=', key.tenant)
        .where('run_id', '=', key.runId)
        .where('seq', '>=', key.from)
        .where('hash', 'is not', null)
        .orderBy('seq')
        .limit(key.limit),
    ),

    loadRun: statement((key: RunKey) =>
      db
        .selectFrom('runs')
        .leftJoin('positions', (join) =>
          join.onRef('positions.tenant_id', '=', 'runs.tenant_id').onRef('positions.run_id', '=', 'runs.run_id'),
        )
        .select([
          'runs.program',
          'runs.version',
          'runs.initial_state',
          'runs.genesis_hash',
          'runs.first_execution_id',
          'runs.started_at_ms',
          'runs.lineage',
          'positions.head',
          'positions.position',
        ])
        .where('runs.tenant_id', '=', key.tenant)
        .where('runs.run_id', '=', key.runId),
    ),

    standing: statement((key: RunKey) =>
      db
        .selectFrom(sql<object>`(select 1)`.as('always'))
        .leftJoin('runs', (join) => join.on('runs.tenant_id', '=', key.tenant).on('runs.run_id', '=', key.runId))
        .leftJoin('positions', (join) =>
          join.onRef('positions.tenant_id', '=', 'runs.tenant_id').onRef('positions.run_id', '=', 'runs.run_id'),
        )
        .select((eb) => [
          eb
            .selectFrom('events')
            .select('events.seq')
            .where('events.tenant_id', '=', key.tenant)
            .where('events.run_id', '=', key.runId)
            .orderBy('events.seq', 'desc')
            .limit(1)
            .as('head'),
          'runs.genesis_hash',
          'runs.first_execution_id',
          'positions.head as recorded_head',
          'positions.position',
        ]),
    ),

    snapshotAtOrBefore: statement((key: SeqKey) =>
      db
        .selectFrom('snapshots')
        .select(['at_seq', 'state'])
        .where('tenant_id', '=', key.tenant)
        .where('run_id', '=', key.runId)
        .where('at_seq', '<=', key.seq)
        .orderBy('at_seq', 'desc')
        .limit(1),
    ),

    lastSnapshot: statement((key: RunKey) =>
      db
        .selectFrom('snapshots')
        .select('at_seq')
        .where('tenant_id', '=', key.tenant)
        .where('run_id', '=', key.runId)
        .orderBy('at_seq', 'desc')
        .limit(1),
    ),

    countSnapshotsBefore: statement((key: SeqKey) =>
      db
        .selectFrom('snapshots')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('tenant_id', '=', key.tenant)
        .where('run_id', '=', key.runId)
        .where('at_seq', '<', key.seq),
    ),

    dropSnapshotsBefore: statement((key: SeqKey) =>
      db
        .deleteFrom('snapshots')
        .where('tenant_id', '=', key.tenant)
        .where('run_id', '=', key.runId)
        .where('at_seq', '<', key.seq),
    ),

    insertRun: statement((row: RunTable) => db.insertInto('runs').values(copyOf(row, RUN_COLUMNS))),

    putPosition: statement((row: PositionTable) =>
      db
        .insertInto('positions')
        .values(copyOf(row, POSITION_COLUMNS))
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'run_id']).doUpdateSet((eb) => ({
            head: eb.ref('excluded.head'),
            position: eb.ref('excluded.position'),
          })),
        ),
    ),

    putSnapshot: statement((row: SnapshotTable) =>
      db
        .insertInto('snapshots')
        .values(copyOf(row, SNAPSHOT_COLUMNS))
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'run_id', 'at_seq'])
            .doUpdateSet((eb) => ({ state: eb.ref('excluded.state') })),
        ),
    ),

    insertPlainEvents: bulkInsert<PlainEventRow>(db, 'events', PLAIN_EVENT_COLUMNS),

    insertEvents: bulkInsert<EventTable>(db, 'events', EVENT_COLUMNS),
  };
}

const RUN_COLUMNS = [
  'tenant_id',
  'run_id',
  'program',
  'version',
  'initial_state',
  'genesis_hash',
  'first_execution_id',
  'started_at_ms',
  'lineage',
] as const;
const POSITION_COLUMNS = ['tenant_id', 'run_id', 'head', 'position'] as const;
const SNAPSHOT_COLUMNS = ['tenant_id', 'run_id', 'at_seq', 'state'] as const;

/** What a statement is built with has a slot under any name: the columns have to be said. */
function copyOf<Row>(row: Row, columns: readonly (keyof Row)[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[column]])) as Row;
}

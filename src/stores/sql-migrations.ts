/**
 * The schema of the SQL stores, as the list of steps that lead to it: written once, for every dialect.
 *
 * Guarantees: the database itself refuses to change or delete what happened, and to leave a gap in it, whoever writes
 * to it. A migration that was released is never edited; a new one is added at the end.
 */
import { sql, type ColumnDefinitionBuilder, type CreateTableBuilder, type Kysely, type RawBuilder } from 'kysely';
import { KernelError } from '../kernel/error';
import type { StoreSchema, TableName } from './sql-schema';

/** A table whose rows are never changed. */
export interface KeptTable {
  readonly name: TableName;
  /** A row in words, for the database's own messages. */
  readonly noun: string;
  /** The columns of its key. */
  readonly key: readonly string[];
  /** Whether whoever owns the database may delete its rows. A store never does. */
  readonly deletable: boolean;
  /** What numbers its rows, and within what: a new row has the next number. Null for tables without numbers. */
  readonly numbered: { readonly by: string; readonly within: readonly string[] } | null;
}

/** What databases say differently when they make a schema. */
export interface SchemaDialect {
  /** A text that is compared byte by byte. */
  readonly text: RawBuilder<unknown>;
  /** A whole number of 53 bits. */
  readonly integer: RawBuilder<unknown>;
  /** Bytes. */
  readonly bytes: RawBuilder<unknown>;
  /** What ends a CREATE TABLE. */
  readonly tableEnd: RawBuilder<unknown>;
  /** The statements that keep a table's rows as they are. */
  readonly keep: (table: KeptTable) => readonly string[];
  /** The statements that keep tenants apart in a table. */
  readonly isolate: (table: TableName) => readonly string[];
}

/** Gives the statements of one step. */
export type Migration = (db: Kysely<StoreSchema>, dialect: SchemaDialect) => readonly string[];

/** The first leads from an empty database to version 1, the next to version 2, and so on. */
export const MIGRATIONS: readonly Migration[] = [firstSchema, artifacts];

/** The newest version that is known here. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The error for a database that a newer version of this library has written. */
export function schemaTooNew(place: string, version: number): KernelError {
  const reason = `${place} has schema version ${version}, newer than ${SCHEMA_VERSION}, the newest known here`;
  return new KernelError('SchemaTooNew', `${reason}: update temporal-kernel, or use another database`);
}

/** The tables of version 1, in an order in which they can be made. */
const FIRST_TABLES: readonly TableName[] = ['runs', 'positions', 'events', 'snapshots', 'execution_events'];

/** Those of version 1 whose rows stay as they are. */
const FIRST_KEPT_TABLES: readonly KeptTable[] = [
  { name: 'runs', noun: 'a run', key: ['tenant_id', 'run_id'], deletable: false, numbered: null },
  {
    name: 'events',
    noun: 'an event',
    key: ['tenant_id', 'run_id', 'seq'],
    deletable: false,
    numbered: { by: 'seq', within: ['tenant_id', 'run_id'] },
  },
  {
    name: 'execution_events',
    noun: 'an execution event',
    key: ['tenant_id', 'execution_id', 'sequence'],
    deletable: false,
    numbered: { by: 'sequence', within: ['tenant_id', 'execution_id'] },
  },
];

/** What is kept out of a log can be forgotten without it: its hash stays there. So these may be deleted. */
const ARTIFACT_TABLE: KeptTable = {
  name: 'artifacts',
  noun: 'an artifact',
  key: ['tenant_id', 'address'],
  deletable: true,
  numbered: null,
};

/** All tables. */
export const TABLES: readonly TableName[] = [...FIRST_TABLES, ARTIFACT_TABLE.name];

/** The tables whose rows stay as they are. */
export const KEPT_TABLES: readonly KeptTable[] = [...FIRST_KEPT_TABLES, ARTIFACT_TABLE];

function firstSchema(db: Kysely<StoreSchema>, dialect: SchemaDialect): readonly string[] {
  const { text, integer, tableEnd } = dialect;
  const notNull = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull();
  const table = (name: TableName): CreateTableBuilder<string, string> =>
    db.schema
      .createTable(name)
      .addColumn('tenant_id', sql`${text}`, notNull)
      .modifyEnd(tableEnd);

  const runs = table('runs')
    .addColumn('run_id', sql`${text}`, notNull)
    .addColumn('program', sql`${text}`, notNull)
    .addColumn('version', sql`${integer}`, notNull)
    .addColumn('initial_state', sql`${text}`, notNull)
    .addColumn('genesis_hash', sql`${text}`, notNull)
    .addColumn('first_execution_id', sql`${text}`, notNull)
    .addColumn('started_at_ms', sql`${integer}`, notNull)
    .addColumn('lineage', sql`${text}`, notNull)
    .addPrimaryKeyConstraint('runs_key', ['tenant_id', 'run_id']);

  const positions = table('positions')
    .addColumn('run_id', sql`${text}`, notNull)
    .addColumn('head', sql`${integer}`, notNull)
    .addColumn('position', sql`${text}`, notNull)
    .addPrimaryKeyConstraint('positions_key', ['tenant_id', 'run_id'])
    .addForeignKeyConstraint('positions_run', ['tenant_id', 'run_id'], 'runs', ['tenant_id', 'run_id']);

  const events = table('events')
    .addColumn('run_id', sql`${text}`, notNull)
    .addColumn('seq', sql`${integer}`, notNull)
    .addColumn('event', sql`${text}`, notNull)
    .addColumn('state_hash', sql`${text}`)
    .addColumn('hash', sql`${text}`)
    .addColumn('seal', sql`${text}`)
    .addColumn('execution_id', sql`${text}`)
    .addColumn('history_event_id', sql`${integer}`)
    .addColumn('time_ms', sql`${integer}`)
    .addPrimaryKeyConstraint('events_key', ['tenant_id', 'run_id', 'seq'])
    .addCheckConstraint('events_from_one', sql`seq >= 1`)
    .addCheckConstraint(
      'events_hashed_whole',
      sql`(hash is null) = (state_hash is null) and (hash is null) = (seal is null) and (hash is null) = (execution_id is null) and (hash is null) = (history_event_id is null) and (hash is null) = (time_ms is null)`,
    );

  const snapshots = table('snapshots')
    .addColumn('run_id', sql`${text}`, notNull)
    .addColumn('at_seq', sql`${integer}`, notNull)
    .addColumn('state', sql`${text}`, notNull)
    .addPrimaryKeyConstraint('snapshots_key', ['tenant_id', 'run_id', 'at_seq'])
    .addCheckConstraint('snapshots_from_zero', sql`at_seq >= 0`);

  const executionEvents = table('execution_events')
    .addColumn('execution_id', sql`${text}`, notNull)
    .addColumn('sequence', sql`${integer}`, notNull)
    .addColumn('event', sql`${text}`, notNull)
    .addColumn('timestamp_ms', sql`${integer}`, notNull)
    .addPrimaryKeyConstraint('execution_events_key', ['tenant_id', 'execution_id', 'sequence'])
    .addCheckConstraint('execution_events_from_one', sql`sequence >= 1`);

  // An execution is as old as its first event: a tenant's executions, newest first.
  const executions = db.schema
    .createIndex('execution_events_newest')
    .on('execution_events')
    .columns(['tenant_id', 'timestamp_ms', 'execution_id'])
    .where(sql.ref('sequence'), '=', sql.lit(1));

  return [
    ...[runs, positions, events, snapshots, executionEvents, executions].map((made) => made.compile().sql),
    ...FIRST_KEPT_TABLES.flatMap(dialect.keep),
    ...FIRST_TABLES.flatMap(dialect.isolate),
  ];
}

function artifacts(db: Kysely<StoreSchema>, dialect: SchemaDialect): readonly string[] {
  const { text, integer, bytes, tableEnd } = dialect;
  const notNull = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull();
  const table = db.schema
    .createTable(ARTIFACT_TABLE.name)
    .addColumn('tenant_id', sql`${text}`, notNull)
    .addColumn('address', sql`${text}`, notNull)
    .addColumn('content', sql`${bytes}`, notNull)
    .addColumn('stored_at_ms', sql`${integer}`, notNull)
    .addPrimaryKeyConstraint('artifacts_key', ['tenant_id', 'address'])
    .modifyEnd(tableEnd);
  return [table.compile().sql, ...dialect.keep(ARTIFACT_TABLE), ...dialect.isolate(ARTIFACT_TABLE.name)];
}

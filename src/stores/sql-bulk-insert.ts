/**
 * Inserting many rows with few statements.
 *
 * Guarantees: every value is bound, and a row goes in as it is or not at all.
 */
import type { Kysely } from 'kysely';
import type { StoreSchema, TableName } from './sql-schema';
import type { BoundStatement } from './sql-statement';

/** Gives the statements that insert rows. */
export type BulkInsert<Row> = (rows: readonly Row[]) => readonly BoundStatement[];

/** Rows in one statement at most: with ten columns still far below what SQLite and PostgreSQL can bind. */
const LOT_MAX = 256;

/** Stands for a value while the text of a statement is made. */
const SOME_VALUE = null as never;

/**
 * Makes the bulk insert of a table. Rows are cut into lots of 256, 128, 64, …, 1, so that a handful of statements serves every
 * number of them.
 */
export function bulkInsert<Row extends object>(
  db: Kysely<StoreSchema>,
  table: TableName,
  columns: readonly (keyof Row & string)[],
): BulkInsert<Row> {
  const texts = new Map<number, string>();
  const textFor = (count: number): string => {
    let text = texts.get(count);
    if (text === undefined) {
      // Every row names its columns in the same order, so the values come row by row, column by column.
      const row = Object.fromEntries(columns.map((name) => [name, SOME_VALUE])) as never;
      text = db
        .insertInto(table)
        .values(Array.from({ length: count }, () => row))
        .compile().sql;
      texts.set(count, text);
    }
    return text;
  };
  return (rows) => {
    const statements: BoundStatement[] = [];
    for (let start = 0, lot = LOT_MAX; start < rows.length; start += lot) {
      while (lot > rows.length - start) lot /= 2;
      const values: unknown[] = [];
      for (const row of rows.slice(start, start + lot)) {
        for (const name of columns) values.push(row[name]);
      }
      statements.push({ sql: textFor(lot), values });
    }
    return statements;
  };
}

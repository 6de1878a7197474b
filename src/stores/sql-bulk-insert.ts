/**
 * Inserting many rows with few statements: each database has its own fast way.
 *
 * Guarantees: every value is bound, and a row goes in as it is or not at all.
 */
import { sql, type Kysely } from 'kysely';
import type { StoreSchema, TableName } from './sql-schema';
import { statement, type BoundStatement } from './sql-statement';

/** Gives the statements that insert rows. */
export type BulkInsert<Row> = (rows: readonly Row[]) => readonly BoundStatement[];

/** What the columns of rows are, in the order in which they are bound. */
export type Columns<Row> = Readonly<Record<keyof Row & string, 'text' | 'integer'>>;

/** Makes the bulk insert of a table. */
export type MakeBulkInsert = <Row extends object>(table: TableName, columns: Columns<Row>) => BulkInsert<Row>;

/** Rows in one statement at most: with ten columns still far below what SQLite can bind. */
const LOT_MAX = 256;

/** Rows in one text at most. */
const ROWS_PER_TEXT_MAX = 1_000;

/** Stands for a value while the text of a statement is made. */
const SOME_VALUE = null as never;

/**
 * Every value bound by itself. Rows are cut into lots of 256, 128, 64, …, 1, so that a handful of statements serves every number.
 */
export function insertByValues(db: Kysely<StoreSchema>): MakeBulkInsert {
  return <Row extends object>(table: TableName, columns: Columns<Row>) => {
    const names = Object.keys(columns) as (keyof Row & string)[];
    const texts = new Map<number, string>();
    const textFor = (count: number): string => {
      let text = texts.get(count);
      if (text === undefined) {
        // Every row names its columns in the same order, so the values come row by row, column by column.
        const row = Object.fromEntries(names.map((name) => [name, SOME_VALUE])) as never;
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
          for (const name of names) values.push((row as Readonly<Record<string, unknown>>)[name]);
        }
        statements.push({ sql: textFor(lot), values });
      }
      return statements;
    };
  };
}

/** All rows in one JSON text, which the database takes apart: one value to bind and to send, however many rows there are. */
export function insertByJson(db: Kysely<StoreSchema>): MakeBulkInsert {
  return <Row extends object>(table: TableName, columns: Columns<Row>) => {
    const names = Object.keys(columns) as (keyof Row & string)[];
    const types = names.map((name) => sql`${sql.id(name)} ${sql.raw(columns[name] === 'text' ? 'text' : 'bigint')}`);
    const insert = statement(({ rows }: { readonly rows: string }) => {
      const source = sql<Row>`json_to_recordset(${rows}::json)`.as<'added'>(sql`added (${sql.join(types)})`);
      return db
        .insertInto(table)
        .columns(names as never)
        .expression(db.selectFrom(source).select(names as never) as never);
    });
    return (rows) => {
      const statements: BoundStatement[] = [];
      for (let start = 0; start < rows.length; start += ROWS_PER_TEXT_MAX) {
        statements.push(insert({ rows: JSON.stringify(rows.slice(start, start + ROWS_PER_TEXT_MAX)) }));
      }
      return statements;
    };
  };
}

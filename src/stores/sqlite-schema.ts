/**
 * What SQLite says in its own way when the schema is made.
 *
 * Guarantees: no row of a kept table is changed, by whomever, nor deleted unless its table is deletable. `INSERT OR REPLACE`
 * deletes without firing a delete trigger; so an insert that does not have the next number, or a key that is there already, is
 * refused too.
 */
import { sql } from 'kysely';
import type { KeptTable, SchemaDialect } from './sql-migrations';

/** Marks the file as this store's ("TKL1"), so that nobody else's database is taken for it. */
export const APPLICATION_ID = 0x54_4b_4c_31;

export const SQLITE_SCHEMA: SchemaDialect = {
  text: sql`text`,
  integer: sql`integer`,
  bytes: sql`blob`,
  tableEnd: sql`strict`,
  keep: (table) => [
    trigger(table, 'no_update', 'UPDATE', null, `${table.noun} is never changed`),
    ...(table.deletable ? [] : [trigger(table, 'no_delete', 'DELETE', null, `${table.noun} is never deleted`)]),
    trigger(table, 'in_order', 'INSERT', outOfOrder(table), `${table.noun} is added once, and in order`),
  ],
  // A file has no roles: its tenants are kept apart by the keys and by every statement.
  isolate: () => [],
};

function trigger(
  { name }: KeptTable,
  suffix: string,
  operation: 'INSERT' | 'UPDATE' | 'DELETE',
  condition: string | null,
  message: string,
): string {
  const when = condition === null ? '' : `WHEN ${condition} `;
  return `CREATE TRIGGER ${name}_${suffix} BEFORE ${operation} ON ${name} ${when}BEGIN SELECT RAISE(ABORT, '${message}'); END`;
}

function outOfOrder({ name, key, numbered }: KeptTable): string {
  const same = (columns: readonly string[]): string =>
    columns.map((column) => `${column} = NEW.${column}`).join(' AND ');
  if (numbered === null) return `EXISTS (SELECT 1 FROM ${name} WHERE ${same(key)})`;
  const { by, within } = numbered;
  return `NEW.${by} <> (SELECT coalesce(max(${by}), 0) + 1 FROM ${name} WHERE ${same(within)})`;
}

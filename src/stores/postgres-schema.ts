/**
 * What PostgreSQL says in its own way when the schema is made.
 *
 * Guarantees: no row of a kept table is changed, by whomever, nor deleted or truncated unless its table is deletable; and a
 * session sees the rows of the tenant that it was set to, also when it owns the tables, and none when it was set to no tenant.
 */
import { sql } from 'kysely';
import { KernelError } from '../kernel/error';
import { KEPT_TABLES, TABLES, type KeptTable, type SchemaDialect } from './sql-migrations';
import type { TableName } from './sql-schema';

/** The setting that holds the tenant, for one transaction at a time. */
export const TENANT_SETTING = 'temporal_kernel.tenant';

/** The role that a store steps down to when its own could look past row-level security. */
export const RESTRICTED_ROLE = 'temporal_kernel_tenant';

/** The schema that the tables are in, unless told otherwise. */
export const SCHEMA_DEFAULT = 'temporal_kernel';

/** @throws KernelError `EventStore` for a name that is none */
export function assertSchemaName(schema: string): void {
  if (/^[a-z_][a-z0-9_]{0,39}$/.test(schema) && !schema.startsWith('pg_')) return;
  const rule = 'up to 40 of a to z, 0 to 9 and _, not beginning with a digit or pg_';
  throw new KernelError('EventStore', `a schema is named with ${rule}`);
}

/** The dialect for tables in a schema, whose name was checked. */
export function postgresSchema(schema: string): SchemaDialect {
  return {
    text: sql`text collate "C"`,
    integer: sql`bigint`,
    bytes: sql`bytea`,
    tableEnd: sql``,
    keep: (table) => [
      `CREATE OR REPLACE FUNCTION ${schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$`,
      refusal(schema, table, 'UPDATE', 'changed'),
      ...(table.deletable
        ? []
        : ['DELETE', 'TRUNCATE'].map((operation) => refusal(schema, table, operation, 'deleted'))),
      ...inOrder(schema, table),
    ],
    isolate: (table) => [
      `ALTER TABLE ${schema}.${table} ENABLE ROW LEVEL SECURITY`,
      `ALTER TABLE ${schema}.${table} FORCE ROW LEVEL SECURITY`,
      `CREATE POLICY one_tenant ON ${schema}.${table}
       USING (tenant_id = current_setting('${TENANT_SETTING}', true))
       WITH CHECK (tenant_id = current_setting('${TENANT_SETTING}', true))`,
    ],
  };
}

/** What the restricted role may do, and no more. */
export function grantsFor(schema: string, role: string): readonly string[] {
  const kept: readonly TableName[] = KEPT_TABLES.map(({ name }) => name);
  return [
    `GRANT USAGE ON SCHEMA ${schema} TO ${role}`,
    ...TABLES.map((table) => {
      const rights = kept.includes(table) ? 'SELECT, INSERT' : 'SELECT, INSERT, UPDATE, DELETE';
      return `GRANT ${rights} ON ${schema}.${table} TO ${role}`;
    }),
  ];
}

function refusal(schema: string, { name, noun }: KeptTable, operation: string, done: string): string {
  return `CREATE TRIGGER no_${operation.toLowerCase()} BEFORE ${operation} ON ${schema}.${name}
    FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.refuse('${noun} is never ${done}')`;
}

/** Once for each statement, not for each row: a batch is looked at as a whole. */
function inOrder(schema: string, { name, noun, numbered }: KeptTable): readonly string[] {
  // Rows without numbers are told apart by their key.
  if (numbered === null) return [];
  const { by, within } = numbered;
  const keys = within.join(', ');
  const same = within.map((key) => `earlier.${key} = lot.${key}`).join(' AND ');
  return [
    `CREATE FUNCTION ${schema}.${name}_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF EXISTS (
         SELECT 1
         FROM (SELECT ${keys}, min(${by}) AS first, max(${by}) AS last, count(*) AS rows FROM added GROUP BY ${keys}) AS lot
         WHERE lot.last - lot.first + 1 <> lot.rows OR lot.first <> 1 + coalesce(
           (SELECT earlier.${by} FROM ${schema}.${name} AS earlier WHERE ${same} AND earlier.${by} < lot.first
            ORDER BY earlier.${by} DESC LIMIT 1), 0)
       ) THEN
         RAISE EXCEPTION '${noun} is added once, and in order' USING ERRCODE = 'restrict_violation';
       END IF;
       RETURN NULL;
     END $$`,
    `CREATE TRIGGER in_order AFTER INSERT ON ${schema}.${name} REFERENCING NEW TABLE AS added
     FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.${name}_in_order()`,
  ];
}

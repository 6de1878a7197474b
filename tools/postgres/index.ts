/** A local PostgreSQL server for the tests, the benchmarks and the demo: what others may use of this directory. */
export { startPostgres } from './postgres-server';
export type { Postgres, PostgresOptions } from './postgres-server';
export { obtainPostgres, PostgresUnavailableError } from './obtain-postgres';
export type { ObtainPostgresOptions, PostgresPrograms } from './obtain-postgres';

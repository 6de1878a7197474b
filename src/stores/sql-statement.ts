/**
 * Statements: built by Kysely once, run with other values each time.
 *
 * Guarantees: a value is always a bound parameter; nothing here puts one into the text of a statement.
 */
import type { Compilable, CompiledQuery } from 'kysely';

/** A statement with its values, ready to run. `Row` is what a row of its answer looks like. */
export interface BoundStatement<Row = unknown> {
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Never there: it carries the type. */
  readonly row?: Row;
}

/** A statement that takes its values when it is bound. */
export type Statement<Args, Row> = (args: Args) => BoundStatement<Row>;

/** The rows that a list of statements answers, statement by statement. */
export type RowsOf<Statements extends readonly BoundStatement[]> = {
  readonly [Index in keyof Statements]: Statements[Index] extends BoundStatement<infer Row> ? readonly Row[] : never;
};

/** Stands in a statement where a value will be. */
class Slot {
  constructor(readonly name: PropertyKey) {}
}

/** Gives a slot for every name, under the type of the value that will be there. */
const slots: unknown = new Proxy({}, { get: (_target, name) => new Slot(name) });

/**
 * Builds a statement once.
 *
 * @param build makes the query; what it takes from `args` are places for values, not values: it must not look into them
 */
export function statement<Args extends object, Row>(build: (args: Args) => Compilable<Row>): Statement<Args, Row> {
  const { sql, parameters } = build(slots as Args).compile();
  return (args) => ({ sql, values: valuesOf(parameters, args) });
}

function valuesOf(parameters: CompiledQuery['parameters'], args: object): readonly unknown[] {
  return parameters.map((parameter) =>
    parameter instanceof Slot ? (args as Readonly<Record<PropertyKey, unknown>>)[parameter.name] : parameter,
  );
}

/** Binds a query of Kysely that is run once only. */
export function bound<Row>(query: Compilable<Row>): BoundStatement<Row> {
  const { sql, parameters } = query.compile();
  return { sql, values: parameters };
}

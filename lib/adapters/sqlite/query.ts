import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

/** A prepared statement that is kept, with the types of its parameters and of the columns of its rows, which come as tuples. */
export class Query<Params extends readonly SQLInputValue[], Row extends readonly SQLOutputValue[]> {
  readonly #statement: StatementSync;

  constructor(database: DatabaseSync, sql: string) {
    this.#statement = database.prepare(sql);
    this.#statement.setReturnArrays(true);
  }

  // In the three assertions below: the tables are STRICT, so a column holds what the schema declares, and every
  // statement stands beside the type of its rows. Node types rows as records even where they are arrays.

  first(...params: Params): Row | undefined {
    return this.#statement.get(...params) as unknown as Row | undefined;
  }

  all(...params: Params): Row[] {
    return this.#statement.all(...params) as unknown as Row[];
  }

  each(...params: Params): Iterable<Row> {
    return this.#statement.iterate(...params) as unknown as Iterable<Row>;
  }

  /** How many rows were written. */
  run(...params: Params): number {
    return Number(this.#statement.run(...params).changes);
  }
}

// SPDX-License-Identifier: Apache-2.0
/** What is stored, and how two versions of it are reconciled. */

/** One version of a row. The later timestamp wins, as for every cell of the original. */
export interface Row {
  readonly value: string;
  /** Given by the client that wrote it, epoch ms. */
  readonly timestamp: number;
}

/** A write on its way to a replica. */
export interface Mutation {
  readonly key: string;
  readonly row: Row;
}

/** The newest of some replicas' answers; `undefined` where none has the row. */
export function newestOf(rows: readonly (Row | undefined)[]): Row | undefined {
  let newest: Row | undefined;
  for (const row of rows) if (row && (!newest || row.timestamp > newest.timestamp)) newest = row;
  return newest;
}

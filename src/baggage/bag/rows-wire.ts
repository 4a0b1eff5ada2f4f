// SPDX-License-Identifier: Apache-2.0
/**
 * The tuples of an instance as protobuf bytes, both ways: messages `Rows`, `Column`, `Row` and `Value` of
 * `docs/wire-format.md`. What is read is hostile: every length is checked against what encloses it, every count and text
 * is bounded, and a packing of a newer version is passed over.
 */
import { PanoramaError } from '../../model/errors.js';
import {
  BAG_COLUMN_COUNT_MAX,
  BAG_NAME_LENGTH_MAX,
  BAG_TEXT_LENGTH_MAX,
  BAG_TUPLE_COUNT_MAX,
} from '../../model/limits.js';
import { ProtobufReader } from '../../protobuf/protobuf-reader.js';
import { ProtobufWriter } from '../../protobuf/protobuf-writer.js';
import { type Bag, bag, type Combine, isName, type Packing } from './packing.js';
import { type AverageCell, type Cell, Rows } from './rows.js';

/** Tags (field number × 8 + wire type), by message. */
const ROWS = { NAME: 1 * 8 + 2, KEEP: 2 * 8, COUNT: 3 * 8, COLUMNS: 4 * 8 + 2, ROWS: 5 * 8 + 2 } as const;
const COLUMN = { NAME: 1 * 8 + 2, COMBINE: 2 * 8 } as const;
const ROW = { VALUES: 1 * 8 + 2 } as const;
const VALUE = { INTEGER: 1 * 8, REAL: 2 * 8 + 1, TEXT: 3 * 8 + 2, FLAG: 4 * 8, AVERAGE: 5 * 8 + 2 } as const;
const AVERAGE = { SUM: 1 * 8 + 1, COUNT: 2 * 8 } as const;

/** Numbers on the wire by their place. */
const KEEPS = ['all', 'first', 'recent', 'combined'] as const;
const COMBINES: readonly (Combine | undefined)[] = [undefined, 'sum', 'count', 'min', 'max', 'average'];

/** The error for bytes that are no bag. `byteOffset` counts from the start of the part being read. */
export function malformedBag(byteOffset: number, what: string): PanoramaError {
  return new PanoramaError(
    'PANO_BAGGAGE_MALFORMED',
    `malformed baggage at byte ${byteOffset}: ${what}; it is dropped, look at who sent it`,
  );
}

/** Writes one bag's rows. `cells` says which; by default all. */
export function writeRows(
  writer: ProtobufWriter,
  tag: number,
  rows: Rows,
  cells: readonly Cell[][] = rows.cells,
): void {
  writer.message(tag, () => {
    writeHead(writer, rows);
    for (const row of cells) writeRow(writer, row);
  });
}

/** Bytes that one row takes. */
export function rowBytes(cells: readonly Cell[]): number {
  scale.clear();
  writeRow(scale, cells);
  return scale.length;
}

/** Bytes that a bag's rows take beside the rows themselves, at the most: the head, and a tag with a long length. */
export function rowsHeadBytes(rows: Rows): number {
  scale.clear();
  writeHead(scale, rows);
  return scale.length + 4;
}

/** Long enough that a name which is too long stays so, though text is never cut within a character. */
const NAME_LENGTH_READ_MAX = BAG_NAME_LENGTH_MAX + 2;

/** Where something is written only to see how long it is. */
const scale = new ProtobufWriter();

function writeRow(writer: ProtobufWriter, row: readonly Cell[]): void {
  writer.message(ROWS.ROWS, () => {
    for (let place = 0; place < row.length; place++) {
      writer.message(ROW.VALUES, () => writeValue(writer, row[place]));
    }
  });
}

function writeHead(writer: ProtobufWriter, { bag: { name, packing }, columns }: Rows): void {
  writer.text(ROWS.NAME, name);
  if (packing.keep !== 'all') writer.varint(ROWS.KEEP, KEEPS.indexOf(packing.keep));
  if (packing.keep === 'first' || packing.keep === 'recent') writer.varint(ROWS.COUNT, packing.count);
  const values = packing.keep === 'combined' ? packing.values : undefined;
  for (const column of columns) {
    writer.message(ROWS.COLUMNS, () => {
      writer.text(COLUMN.NAME, column);
      const combine = values && Object.hasOwn(values, column) ? values[column] : undefined;
      if (combine !== undefined) writer.varint(COLUMN.COMBINE, COMBINES.indexOf(combine));
    });
  }
}

function writeValue(writer: ProtobufWriter, cell: Cell): void {
  if (typeof cell === 'string') writer.text(VALUE.TEXT, cell);
  else if (typeof cell === 'boolean') writer.varint(VALUE.FLAG, cell ? 1 : 0);
  else if (typeof cell === 'number') {
    if (Number.isSafeInteger(cell) && !Object.is(cell, -0)) writer.sint64(VALUE.INTEGER, cell);
    else writer.double(VALUE.REAL, cell);
  } else if (cell !== undefined) {
    writer.message(VALUE.AVERAGE, () => {
      writer.double(AVERAGE.SUM, cell.sum);
      writer.varint(AVERAGE.COUNT, cell.count);
    });
  }
}

/**
 * Reads one bag's rows.
 *
 * @returns the rows, or `undefined` where they are kept in a way this version does not know
 * @throws PanoramaError PANO_BAGGAGE_MALFORMED
 */
export function readRows(bytes: Uint8Array): Rows | undefined {
  const reader = new ProtobufReader(bytes, malformedBag);
  let name = '';
  let keep = 0;
  let count = 0;
  const columns: Column[] = [];
  const cells: Cell[][] = [];
  while (reader.more()) {
    const tag = reader.readTag();
    if (tag === ROWS.NAME) name = reader.readText(NAME_LENGTH_READ_MAX);
    else if (tag === ROWS.KEEP) keep = reader.readInt32();
    else if (tag === ROWS.COUNT) count = reader.readInt32();
    else if (tag === ROWS.COLUMNS && columns.length < BAG_COLUMN_COUNT_MAX) columns.push(readColumn(reader));
    else if (tag === ROWS.ROWS && cells.length < BAG_TUPLE_COUNT_MAX) cells.push(readRow(reader, columns.length));
    else reader.skip(tag & 7);
  }
  const packing = packingOf(keep, count, columns);
  return packing && restored(namedBag(name, packing), columns, cells);
}

interface Column {
  readonly name: string;
  readonly combine: number;
}

function readColumn(reader: ProtobufReader): Column {
  const outer = reader.enter();
  let name = '';
  let combine = 0;
  while (reader.more()) {
    const tag = reader.readTag();
    if (tag === COLUMN.NAME) name = reader.readText(NAME_LENGTH_READ_MAX);
    else if (tag === COLUMN.COMBINE) combine = reader.readInt32();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return { name, combine };
}

function readRow(reader: ProtobufReader, columnCount: number): Cell[] {
  const outer = reader.enter();
  const row: Cell[] = [];
  while (reader.more()) {
    const tag = reader.readTag();
    if (tag === ROW.VALUES && row.length < columnCount) row.push(readValue(reader));
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return row;
}

function readValue(reader: ProtobufReader): Cell {
  const outer = reader.enter();
  let cell: Cell;
  while (reader.more()) {
    const tag = reader.readTag();
    if (tag === VALUE.INTEGER) cell = reader.readSint64();
    else if (tag === VALUE.REAL) cell = reader.readDouble();
    else if (tag === VALUE.TEXT) cell = reader.readText(BAG_TEXT_LENGTH_MAX);
    else if (tag === VALUE.FLAG) cell = reader.readBool();
    else if (tag === VALUE.AVERAGE) cell = readAverage(reader);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return cell;
}

function readAverage(reader: ProtobufReader): AverageCell | undefined {
  const outer = reader.enter();
  let sum = 0;
  let count = 0;
  while (reader.more()) {
    const tag = reader.readTag();
    if (tag === AVERAGE.SUM) sum = reader.readDouble();
    else if (tag === AVERAGE.COUNT) count = Number(reader.readInt64());
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return Number.isSafeInteger(count) && count > 0 && Number.isFinite(sum) ? { sum, count } : undefined;
}

function packingOf(keep: number, count: number, columns: readonly Column[]): Packing | undefined {
  const word = KEEPS[keep];
  if (word === undefined) return undefined;
  if (word === 'all') return { keep: word };
  if (word === 'first' || word === 'recent') return { keep: word, count };
  const byCount = columns.findIndex(({ combine }) => combine !== 0);
  if (byCount < 0) throw malformedBag(0, 'a combined bag combines no column');
  if (new Set(columns.map(({ name }) => name)).size < columns.length)
    throw malformedBag(0, 'two columns have one name');
  const values: [string, Combine][] = [];
  for (const { name, combine } of columns.slice(byCount)) {
    const known = COMBINES[combine];
    // A way to combine that this version does not know cannot be merged by it.
    if (combine < 0 || combine >= COMBINES.length) return undefined;
    if (known === undefined) throw malformedBag(0, 'a column to group by stands after one to combine');
    values.push([name, known]);
  }
  return { keep: word, by: columns.slice(0, byCount).map(({ name }) => name), values: Object.fromEntries(values) };
}

/** The bag that a message names; what no bag can be called is malformed. */
function namedBag(name: string, packing: Packing): Bag {
  try {
    return bag(name, packing);
  } catch (error) {
    throw malformedBag(0, PanoramaError.from(error).message);
  }
}

function restored(named: Bag, columns: readonly Column[], cells: readonly Cell[][]): Rows {
  const rows = new Rows(named);
  const { packing } = named;
  if (packing.keep === 'combined') {
    const sent = new Rows(named);
    // By name: an object lists names that look like indexes before all others.
    const places = sent.columns.map((column) => columns.findIndex(({ name }) => name === column));
    for (const row of cells) {
      sent.cells.push(places.map((from, place) => combinable(named, sent, row[from], place)));
    }
    rows.absorb(sent);
    return rows;
  }
  for (const { name } of columns) {
    if (!isName(name) || rows.columns.includes(name))
      throw malformedBag(0, 'a column has no name, or the name of another');
    rows.columns.push(name);
  }
  const from = packing.keep === 'recent' ? Math.max(0, cells.length - packing.count) : 0;
  const to = packing.keep === 'first' ? Math.min(cells.length, packing.count) : cells.length;
  for (let index = from; index < to; index++) {
    rows.cells.push((cells[index] as Cell[]).map((cell) => (typeof cell === 'object' ? undefined : cell)));
  }
  return rows;
}

/** A cell that its column can be combined with, or none. */
function combinable({ packing }: Bag, { columns }: Rows, cell: Cell, place: number): Cell {
  const column = columns[place] as string;
  const combine =
    packing.keep === 'combined' && Object.hasOwn(packing.values, column) ? packing.values[column] : undefined;
  if (combine === undefined) return typeof cell === 'object' ? undefined : cell;
  if (combine === 'average') return typeof cell === 'object' ? cell : undefined;
  return typeof cell === 'number' && Number.isFinite(cell) ? cell : undefined;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Spans that are read as columns and forms, as plain values that can be held against the same spans read in full: of a form
 * only what the rules look at, for the rest of it is that of the first span that had it.
 */
import type { SpanBatch } from '../../src/engine/wire/span-batch.js';
import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';
import type { Attributes } from '../../src/model/attributes.js';
import type { SpanRecord } from '../../src/model/span.js';

type Steady = typeof import('../../src/engine/wire/steady-attributes.js') &
  typeof import('../../src/engine/wire/url-form.js');

/** One span. */
interface Row {
  readonly resource: unknown;
  readonly ids: string;
  readonly endMs: number;
  readonly durationMs: number;
  readonly form: unknown;
  /** All of it; `undefined` where something of it cannot be read that nobody has looked at. */
  readonly record: SpanRecord | undefined;
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly rejectedSpans: number;
  readonly rejectedMessage: string;
}

const ID_WORDS = 8;
const INTERNAL = 1;
const OBSERVATION = 'panorama.observation';

/** A value as far as a rule can tell: no rule knows a number that is not finite, or the sign of nothing. */
const said = (value: Attributes[string]): unknown =>
  typeof value === 'string' ? value : { json: JSON.stringify(value) };
const saidOf = (attributes: Attributes): unknown =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, said(value)]));

type FormLike = Pick<SpanRecord, 'kind' | 'statusCode' | 'name' | 'attributes'>;

/** What the rules look at. Nobody asks what work within a process says of itself. */
function formOf({ kind, statusCode, name, attributes }: FormLike, steady: Steady): unknown {
  if (kind === INTERNAL) return { kind, statusCode, isObservation: name === OBSERVATION };
  const looked = Object.entries(attributes).flatMap(([key, value]) => {
    const role = steady.roleOf(key, steady.isServedKind(kind));
    if (role === steady.Role.STEADY) return [[key, said(value)]];
    if (role === steady.Role.NONE || role === steady.Role.ELSEWHERE) return [];
    const isWhole = role === steady.Role.WHOLE_URL;
    return [[key, said(typeof value === 'string' ? steady.urlForm(value, isWhole) : value)]];
  });
  return { kind, statusCode, name, looked: Object.fromEntries(looked) };
}

/** The rows of a batch of columns, which are good until the next one only. */
export function rowsOfColumns(batch: SpanBatch, isRefusal: (thrown: unknown) => boolean, steady: Steady): Rows {
  const { rejectedSpans, rejectedMessage } = batch;
  const rows = batch.resources.flatMap(({ resource, from, to }) =>
    Array.from({ length: to - from }, (_, offset): Row => {
      const row = from + offset;
      const ids = Array.from(batch.ids.subarray(row * ID_WORDS, (row + 1) * ID_WORDS), (word) =>
        word.toString(16).padStart(8, '0'),
      ).join('');
      const form = formOf(batch.forms[row] as FormLike, steady);
      const attributes = saidOf(resource.attributes);
      const times = { endMs: batch.endMs[row] as number, durationMs: batch.durationMs[row] as number };
      return { resource: attributes, ids, ...times, form, record: recordOf(batch, row, isRefusal) };
    }),
  );
  if (rows.length !== batch.count) throw new Error(`${batch.count} rows, of which ${rows.length} have a resource`);
  return { rows, rejectedSpans, rejectedMessage };
}

function recordOf(batch: SpanBatch, row: number, isRefusal: (thrown: unknown) => boolean): SpanRecord | undefined {
  try {
    return batch.recordOf(row);
  } catch (thrown) {
    if (isRefusal(thrown)) return undefined;
    throw thrown;
  }
}

/** The same of spans that were read in full. */
export function rowsOfRecords({ resources, rejectedSpans, rejectedMessage }: TraceBatch, steady: Steady): Rows {
  const rows = resources.flatMap(({ resource, spans }) =>
    spans.map(
      (record): Row => ({
        resource: saidOf(resource),
        ids: record.traceId + record.spanId + record.parentSpanId.padEnd(16, '0'),
        endMs: Number(record.endUnixNano) / 1e6,
        durationMs: record.durationMs,
        form: formOf(record, steady),
        record,
      }),
    ),
  );
  return { rows, rejectedSpans, rejectedMessage };
}

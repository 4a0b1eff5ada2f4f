// SPDX-License-Identifier: Apache-2.0
/**
 * The decoders under attack, as built. Another decoder is another entry here; one of the same requests is held against the
 * first, span by span.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { LogBatch } from '../../src/engine/wire/log-batch.js';
import type { MetricBatch } from '../../src/engine/wire/metric-batch.js';
import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';
import { checkBatch, checkLogs, checkReadings, checkWrittenAgain } from './batch-checks.js';
import type { Encoding, Signal } from './corpus.js';
import { type Rows, rowsOfColumns, rowsOfRecords } from './span-rows.js';

export interface Target {
  readonly name: string;
  readonly signal: Signal;
  readonly encoding: Encoding;
  /** Decodes. What it throws that `isRefusal` does not know is a finding. */
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly isRefusal: (thrown: unknown) => boolean;
  /** How many requests before one may have to do with how it is decoded. Default: none. */
  readonly remembered?: number;
  /** @throws Error where what was decoded cannot be; asked of every mutation that was taken */
  readonly check: (decoded: unknown, bytes: Uint8Array) => void;
  /** The same for what takes long; asked now and then. */
  readonly checkDeeply: (decoded: unknown) => void;
}

const ROOT = path.dirname(createRequire(import.meta.url).resolve('panorama-otel/package.json'));

/** Requests after which a decoder that remembers what it has seen begins anew. Before that, what it remembers must fit. */
const REQUESTS_REMEMBERED = 5000;

/** A file of the built engine. */
const built = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(path.join(ROOT, 'dist', file)).href)) as T;

type Wire = typeof import('../../src/engine/wire/otlp-protobuf.js') &
  typeof import('../../src/engine/wire/otlp-json.js') &
  typeof import('../../src/engine/wire/otlp-logs-protobuf.js') &
  typeof import('../../src/engine/wire/otlp-logs-json.js') &
  typeof import('../../src/engine/wire/otlp-metrics-protobuf.js') &
  typeof import('../../src/engine/wire/otlp-metrics-json.js') &
  typeof import('../../src/engine/wire/log-batch.js') &
  typeof import('../../src/engine/wire/record-batch.js') &
  typeof import('../../src/engine/wire/span-scanner.js') &
  typeof import('../../src/engine/wire/steady-attributes.js') &
  typeof import('../../src/engine/wire/url-form.js') &
  typeof import('../../src/engine/wire/wire-limits.js');

const FILES = ['otlp-protobuf', 'otlp-json', 'otlp-logs-protobuf', 'otlp-logs-json', 'otlp-metrics-protobuf'].concat([
  'otlp-metrics-json',
  'log-batch',
  'record-batch',
  'span-scanner',
  'steady-attributes',
  'url-form',
  'wire-limits',
]);

export async function loadTargets(): Promise<Target[]> {
  const wire = Object.assign({}, ...(await Promise.all(FILES.map((file) => built(`engine/wire/${file}.js`))))) as Wire;
  const { READ_ATTRIBUTES } = await built<typeof import('../../src/model/attributes.js')>('model/attributes.js');
  const { PanoramaError } = await built<typeof import('../../src/model/errors.js')>('model/errors.js');

  const isRefusal = (thrown: unknown): boolean =>
    thrown instanceof PanoramaError &&
    /^PANO_WIRE_(MALFORMED|LIMIT)$/.test(thrown.code) &&
    / at byte \d+: .*; send |; (make|flatten) /.test(thrown.message);
  const whole = { protobuf: wire.decodeTracesProtobuf, json: wire.decodeTracesJson };
  const logs = { protobuf: wire.decodeLogsProtobuf, json: wire.decodeLogsJson };
  const metrics = { protobuf: wire.decodeMetricsProtobuf, json: wire.decodeMetricsJson };
  const columns = { protobuf: scanning(wire, isRefusal), json: forming(wire, isRefusal) };
  return (['protobuf', 'json'] as const).flatMap((encoding): Target[] => [
    {
      ...{
        name: `traces ${encoding}`,
        signal: 'traces',
        encoding,
        isRefusal,
        decode: (bytes) => whole[encoding](bytes),
      },
      check: (decoded) => checkBatch(decoded as TraceBatch, wire.WIRE_LIMITS, READ_ATTRIBUTES),
      checkDeeply: (decoded) => checkWrittenAgain(decoded as TraceBatch, whole),
    },
    {
      ...{ name: `columns ${encoding}`, signal: 'traces', encoding, isRefusal, decode: columns[encoding] },
      remembered: REQUESTS_REMEMBERED,
      check: (decoded, bytes) =>
        checkRows(decoded as Rows, () => rowsOfRecords(whole[encoding](bytes), wire), isRefusal),
      checkDeeply: () => undefined,
    },
    {
      ...{ name: `logs ${encoding}`, signal: 'logs', encoding, isRefusal, decode: (bytes) => logs[encoding](bytes) },
      check: (decoded) => checkLogs(decoded as LogBatch, wire.WIRE_LIMITS, wire.LOG_ATTRIBUTES),
      checkDeeply: () => undefined,
    },
    {
      ...{
        name: `metrics ${encoding}`,
        signal: 'metrics',
        encoding,
        isRefusal,
        decode: (bytes) => metrics[encoding](bytes),
      },
      check: (decoded) => checkReadings(decoded as MetricBatch, wire.WIRE_LIMITS, READ_ATTRIBUTES),
      checkDeeply: () => undefined,
    },
  ]);
}

/** Spans as they are scanned; what the scanner does not take is read in full, as in the engine. */
function scanning(wire: Wire, isRefusal: Target['isRefusal']): Target['decode'] {
  const scanner = renewed(() => new wire.SpanScanner());
  return (bytes) => {
    const batch = scanner().scan(bytes);
    return batch ? rowsOfColumns(batch, isRefusal, wire) : rowsOfRecords(wire.decodeTracesProtobuf(bytes), wire);
  };
}

/** Spans that were read in full, as columns. */
function forming(wire: Wire, isRefusal: Target['isRefusal']): Target['decode'] {
  const forms = renewed(() => new wire.RecordForms());
  return (bytes) => rowsOfColumns(forms().batchOf(wire.decodeTracesJson(bytes)), isRefusal, wire);
}

function renewed<T>(make: () => T): () => T {
  let made = make();
  let requests = 0;
  return () => {
    if (++requests % REQUESTS_REMEMBERED === 0) made = make();
    return made;
  };
}

/** @throws Error where the spans are not those that are read in full, as far as they can be */
function checkRows(rows: Rows, readInFull: () => Rows, isRefusal: Target['isRefusal']): void {
  let expected: Rows;
  try {
    expected = readInFull();
  } catch (thrown) {
    // Broken where nobody looks: whoever reads it in full finds it so, and the spans around it are what they are.
    if (isRefusal(thrown)) return;
    throw thrown;
  }
  if (!isDeepStrictEqual(rows, expected)) throw new Error('the columns are not what the records are');
}

/** Whether two outcomes are the same: both refused with the same words, or both taken as the same. */
export function isSame(one: Outcome, other: Outcome): boolean {
  if (one.thrown !== undefined || other.thrown !== undefined) return String(one.thrown) === String(other.thrown);
  return isDeepStrictEqual(one.decoded, other.decoded);
}

export interface Outcome {
  readonly decoded?: unknown;
  readonly thrown?: unknown;
}

/** Runs a decoder to its end. */
export function outcomeOf(decode: Target['decode'], bytes: Uint8Array): Outcome {
  try {
    return { decoded: decode(bytes) };
  } catch (thrown) {
    return { thrown };
  }
}

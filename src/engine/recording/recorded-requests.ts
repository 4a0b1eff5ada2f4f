// SPDX-License-Identifier: Apache-2.0
/**
 * Recorded bytes → the export requests in them, as the Collector's `file` exporter writes them: OTLP/JSON, one request a line;
 * or messages behind their length in four bytes (big-endian), of OTLP protobuf or, where the exporter compresses, of either
 * encoding in zstd. Nobody needs to say which: the first bytes tell.
 *
 * Source: opentelemetry-collector-contrib, exporter/fileexporter, README and `file_writer.go`.
 */
import { PanoramaError } from '../../model/errors.js';
import { unpack } from '../ingest/compression.js';
import type { ExportRequest, Signal } from '../ingest/export-sink.js';
import { protobufSignal } from './protobuf-signal.js';

/** A request of a recording. */
export interface RecordedRequest extends ExportRequest {
  /** Where it stands, for who complains of it: `line 17`, `message 3`. */
  readonly place: string;
}

/** Largest request, in bytes: the Collector joins what came in within a second, and a busy one takes some tens of megabytes then. */
const REQUEST_BYTES_MAX = 256 * 1024 * 1024;

const LENGTH_BYTES = 4;
const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const ZSTD_MAGIC = 0xfd2fb528;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const JSON_SIGNALS: Readonly<Record<string, Signal>> = { Spans: 'traces', Logs: 'logs', Metrics: 'metrics' };
/** Of the beginning of a line. */
const JSON_SIGNAL = /^\s*\{\s*"resource_?(Spans|Logs|Metrics|spans|logs|metrics)"/;
const SNIFFED_BYTES = 64;

/**
 * The requests, in order.
 *
 * @param onCutOff told where the recording ends in the middle of a request, as it does while it is being written
 * @throws PanoramaError PANO_WIRE_LIMIT for a request that is too large, PANO_WIRE_MALFORMED for what is no such recording
 */
export async function* requestsIn(
  chunks: AsyncIterable<Buffer>,
  onCutOff: (place: string) => void,
): AsyncGenerator<RecordedRequest> {
  const reader = new ByteReader(chunks);
  const first = await reader.peek(BYTE_ORDER_MARK.length);
  if (first.length === 0) return;
  if (first.equals(BYTE_ORDER_MARK)) await reader.take(first.length);
  const isText = first.equals(BYTE_ORDER_MARK) || isTextByte(first[0] as number);
  yield* isText ? linesIn(reader, onCutOff) : messagesIn(reader, onCutOff);
}

async function* linesIn(reader: ByteReader, onCutOff: (place: string) => void): AsyncGenerator<RecordedRequest> {
  for (let number = 1; ; number++) {
    const place = `line ${number}`;
    const { line, isWhole } = await reader.takeLine(place);
    const body = trimmed(line);
    if (body.length > 0) {
      if (!isWhole && body.at(-1) !== CLOSE_BRACE) onCutOff(place);
      else yield { signal: jsonSignal(body), encoding: 'json', body, place };
    }
    if (!isWhole) return;
  }
}

async function* messagesIn(reader: ByteReader, onCutOff: (place: string) => void): AsyncGenerator<RecordedRequest> {
  for (let number = 1; ; number++) {
    const place = `message ${number}`;
    const head = await reader.take(LENGTH_BYTES);
    if (head.length === 0) return;
    const length = head.length === LENGTH_BYTES ? head.readUInt32BE() : 0;
    if (length > REQUEST_BYTES_MAX) throw number === 1 ? notRecorded() : tooLarge(place, length);
    const message = await reader.take(length);
    if (head.length < LENGTH_BYTES || message.length < length) {
      onCutOff(place);
      return;
    }
    if (length === 0) continue;
    const isPacked = length >= 4 && message.readUInt32LE() === ZSTD_MAGIC;
    const body = isPacked ? await unpack(message, 'zstd', REQUEST_BYTES_MAX) : message;
    const isJson = body[0] === OPEN_BRACE;
    const signal = isJson ? jsonSignal(body) : protobufSignal(body);
    yield { signal, encoding: isJson ? 'json' : 'protobuf', body, place };
  }
}

/** What a line of JSON is about; traces where it does not say, whose decoder tells what is wrong. */
function jsonSignal(body: Buffer): Signal {
  const word = JSON_SIGNAL.exec(body.toString('utf8', 0, SNIFFED_BYTES))?.[1] ?? '';
  return JSON_SIGNALS[`${word.charAt(0).toUpperCase()}${word.slice(1)}`] ?? 'traces';
}

function isTextByte(byte: number): boolean {
  return byte === OPEN_BRACE || byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function trimmed(line: Buffer): Buffer {
  let [from, to] = [0, line.length];
  while (from < to && (line[from] as number) <= 0x20) from++;
  while (to > from && (line[to - 1] as number) <= 0x20) to--;
  return line.subarray(from, to);
}

function tooLarge(place: string, bytes: number): PanoramaError {
  return new PanoramaError(
    'PANO_WIRE_LIMIT',
    `${place} has ${bytes} bytes, and a request has ${REQUEST_BYTES_MAX} at the most; record with smaller batches`,
  );
}

function notRecorded(): PanoramaError {
  return new PanoramaError(
    'PANO_WIRE_MALFORMED',
    "this is no recording: neither lines of OTLP/JSON nor messages behind their lengths; give what the Collector's file exporter writes",
  );
}

/** Bytes that come in pieces, taken as they are needed. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #pieces: Buffer[] = [];
  #length = 0;
  #isOver = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** So many bytes, or all that are left; they stay. */
  async peek(length: number): Promise<Buffer> {
    while (this.#length < length && (await this.#more()));
    return this.#joined().subarray(0, length);
  }

  /** So many bytes, or all that are left. */
  async take(length: number): Promise<Buffer> {
    const taken = await this.peek(length);
    this.#drop(taken.length);
    return taken;
  }

  /** All up to the next newline, without it; `isWhole` is false at the end of the bytes. */
  async takeLine(place: string): Promise<{ readonly line: Buffer; readonly isWhole: boolean }> {
    let scanned = 0;
    for (;;) {
      const last = this.#pieces.at(-1);
      const at = last ? last.indexOf(NEWLINE, Math.max(0, scanned - (this.#length - last.length))) : -1;
      if (last && at >= 0) {
        const length = this.#length - last.length + at;
        const line = this.#joined().subarray(0, length);
        this.#drop(length + 1);
        return { line, isWhole: true };
      }
      scanned = this.#length;
      if (scanned > REQUEST_BYTES_MAX) throw tooLarge(place, scanned);
      if (!(await this.#more())) {
        const line = this.#joined();
        this.#drop(line.length);
        return { line, isWhole: false };
      }
    }
  }

  async #more(): Promise<boolean> {
    if (this.#isOver) return false;
    const { value, done } = await this.#chunks.next();
    if (done) {
      this.#isOver = true;
      return false;
    }
    this.#pieces.push(value);
    this.#length += value.length;
    return true;
  }

  #joined(): Buffer {
    const [only] = this.#pieces;
    if (this.#pieces.length === 1 && only) return only;
    const joined = Buffer.concat(this.#pieces, this.#length);
    this.#pieces = [joined];
    return joined;
  }

  #drop(length: number): void {
    const rest = this.#joined().subarray(length);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * The decoders under attack, as built. Another decoder of the same requests is another line here; it is held against the
 * first one of its encoding, byte for byte of what it makes.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';
import type { Encoding, Signal } from './corpus.js';
import { checkBatch, checkWrittenAgain } from './trace-check.js';

export interface Target {
  readonly name: string;
  readonly signal: Signal;
  readonly encoding: Encoding;
  /** Decodes. What it throws that `isRefusal` does not know is a finding. */
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly isRefusal: (thrown: unknown) => boolean;
  /** @throws Error where what was decoded cannot be; asked of every mutation that was taken */
  readonly check: (decoded: unknown) => void;
  /** The same for what takes long; asked now and then. */
  readonly checkDeeply: (decoded: unknown, bytes: Uint8Array) => void;
}

const ROOT = path.dirname(createRequire(import.meta.url).resolve('panorama-otel/package.json'));

/** A file of the built engine. */
const built = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(path.join(ROOT, 'dist', file)).href)) as T;

export async function loadTargets(): Promise<Target[]> {
  const { decodeTracesProtobuf } =
    await built<typeof import('../../src/engine/wire/otlp-protobuf.js')>('engine/wire/otlp-protobuf.js');
  const { decodeTracesJson } =
    await built<typeof import('../../src/engine/wire/otlp-json.js')>('engine/wire/otlp-json.js');
  const { WIRE_LIMITS } =
    await built<typeof import('../../src/engine/wire/wire-limits.js')>('engine/wire/wire-limits.js');
  const { READ_ATTRIBUTES } = await built<typeof import('../../src/model/attributes.js')>('model/attributes.js');
  const { PanoramaError } = await built<typeof import('../../src/model/errors.js')>('model/errors.js');

  const decoders = { protobuf: decodeTracesProtobuf, json: decodeTracesJson };
  const isRefusal = (thrown: unknown): boolean =>
    thrown instanceof PanoramaError &&
    /^PANO_WIRE_(MALFORMED|LIMIT)$/.test(thrown.code) &&
    / at byte \d+: .*; send |; (make|flatten) /.test(thrown.message);
  return (['protobuf', 'json'] as const).map((encoding) => ({
    name: `traces ${encoding}`,
    signal: 'traces',
    encoding,
    decode: (bytes) => decoders[encoding](bytes),
    isRefusal,
    check: (decoded) => checkBatch(decoded as TraceBatch, WIRE_LIMITS, READ_ATTRIBUTES),
    checkDeeply: (decoded) => checkWrittenAgain(decoded as TraceBatch, decoders),
  }));
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

// SPDX-License-Identifier: Apache-2.0
/**
 * Which attributes make a span's form. The rules look at few, and most of those say the same in span after span: a route, a
 * status code, an address. What differs from call to call is told here, and how far it matters:
 *
 * - Of a URL its path matters if it may be a health check's, and of a whole one its host, but no order number (`url-form.ts`).
 * - Of a span that was served nobody asks at which address.
 * - Whom an answer blamed, how long a deadline was, and words matter for a call that did not go well, and that is read in full.
 *
 * Names are found by their length and eight of their bytes. Another name with the same ones is taken for steady, and makes more
 * forms than there need be; nothing else comes of it, for a form's attributes are read in full.
 */
import { PANORAMA, READ_ATTRIBUTES, SEMCONV } from '../../model/attributes.js';
import { SpanKind } from '../../model/span.js';

/** What an attribute is to a form. */
export const Role = {
  /** Nobody reads it. */
  NONE: 0,
  /** The same in all spans of a form. */
  STEADY: 1,
  /** Steady as far as it may be a health check. */
  URL: 2,
  /** That, and as far as it names a host. */
  WHOLE_URL: 3,
  /** Read, but of no form. */
  ELSEWHERE: 4,
} as const;
export type Role = (typeof Role)[keyof typeof Role];

const PATHS: ReadonlySet<string> = new Set([SEMCONV.URL_PATH, SEMCONV.HTTP_TARGET]);
const WHOLE_URLS: ReadonlySet<string> = new Set([SEMCONV.URL_FULL, SEMCONV.HTTP_URL]);

/** What is asked of calls only. */
const OF_CALLS: ReadonlySet<string> = new Set([
  SEMCONV.SERVER_ADDRESS,
  SEMCONV.SERVER_PORT,
  SEMCONV.NETWORK_PEER_ADDRESS,
  SEMCONV.NETWORK_PEER_PORT,
  SEMCONV.NET_PEER_NAME,
  SEMCONV.NET_PEER_PORT,
  SEMCONV.NET_PEER_IP,
  SEMCONV.NET_SOCK_PEER_ADDR,
  SEMCONV.NET_SOCK_PEER_PORT,
]);

/** Said by observation spans and of failed calls, which are read in full. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...[PANORAMA.OBSERVER, PANORAMA.STATUS, PANORAMA.REASON, PANORAMA.SOURCE, PANORAMA.COUNT, PANORAMA.SUSPICION],
  ...[PANORAMA.LATENCY_MEAN, PANORAMA.LATENCY_MAX, PANORAMA.OBSERVER_LAG, PANORAMA.ERROR_MESSAGE],
  ...[PANORAMA.OPERATION, PANORAMA.ORIGIN, SEMCONV.EXCEPTION_TYPE, SEMCONV.EXCEPTION_MESSAGE],
  ...[PANORAMA.DEADLINE_REMAINING, PANORAMA.BLAME, SEMCONV.GRPC_ERROR_MESSAGE],
]);

/** Of those that are read, in spans of what was called and of what was served. */
const CALL_ROLES = rolesBy(false);
const SERVED_ROLES = rolesBy(true);

export function roleOf(name: string, isServed: boolean): Role {
  return (isServed ? SERVED_ROLES : CALL_ROLES).get(name) ?? roleBy(name, isServed);
}

function rolesBy(isServed: boolean): ReadonlyMap<string, Role> {
  return new Map([...READ_ATTRIBUTES].map((name) => [name, roleBy(name, isServed)]));
}

function roleBy(name: string, isServed: boolean): Role {
  if (ELSEWHERE.has(name)) return Role.ELSEWHERE;
  const isPath = PATHS.has(name);
  const isWhole = WHOLE_URLS.has(name);
  if (isServed) return isPath || isWhole || OF_CALLS.has(name) ? Role.ELSEWHERE : Role.STEADY;
  if (isWhole) return Role.WHOLE_URL;
  return isPath ? Role.URL : Role.STEADY;
}

export function isServedKind(kind: number): boolean {
  return kind === SpanKind.SERVER || kind === SpanKind.CONSUMER;
}

/** Roles by the bytes of names. */
export class RoleTable {
  readonly #shift: number;
  readonly #factor: number;
  readonly #lengths: Uint8Array;
  readonly #firsts: Uint32Array;
  readonly #lasts: Uint32Array;
  readonly #roles: Uint8Array;

  constructor(isServed: boolean) {
    const names = [...READ_ATTRIBUTES].map((name) => Buffer.from(name, 'latin1'));
    const bits = 10;
    this.#shift = 32 - bits;
    this.#factor = perfectFactor(names, this.#shift);
    this.#lengths = new Uint8Array(1 << bits);
    this.#firsts = new Uint32Array(1 << bits);
    this.#lasts = new Uint32Array(1 << bits);
    this.#roles = new Uint8Array(1 << bits);
    for (const name of names) {
      const place = placeOf(wordOf(name), this.#factor, this.#shift);
      this.#lengths[place] = name.length;
      this.#firsts[place] = name.readUInt32LE(0);
      this.#lasts[place] = name.readUInt32LE(name.length - 4);
      this.#roles[place] = roleOf(name.toString('latin1'), isServed);
    }
  }

  /** The role of the name at `start`, of `length` bytes. */
  roleAt(view: DataView, start: number, length: number): number {
    if (length < 4) return Role.NONE;
    const first = view.getUint32(start, true);
    const last = view.getUint32(start + length - 4, true);
    const place = placeOf(mixed(first, last, length), this.#factor, this.#shift);
    const isKnown = this.#lengths[place] === length && this.#lasts[place] === last && this.#firsts[place] === first;
    return isKnown ? (this.#roles[place] as number) : Role.NONE;
  }
}

function mixed(first: number, last: number, length: number): number {
  return last ^ Math.imul(first, 0x85ebca6b) ^ Math.imul(length, 0x9e3779b1);
}

function wordOf(name: Buffer): number {
  return mixed(name.readUInt32LE(0), name.readUInt32LE(name.length - 4), name.length);
}

function placeOf(word: number, factor: number, shift: number): number {
  return Math.imul(word, factor) >>> shift;
}

/** Factors that are tried: one in a dozen will do. */
const FACTORS_MAX = 10_000;

/** The first factor with which no two names meet in one place. */
function perfectFactor(names: readonly Buffer[], shift: number): number {
  for (let n = 0, factor = 0x01000193; n < FACTORS_MAX; n++, factor += 2) {
    if (new Set(names.map((name) => placeOf(wordOf(name), factor, shift))).size === names.length) return factor;
  }
  throw new Error('two of the attributes that are read have one length and the same bytes at both ends');
}

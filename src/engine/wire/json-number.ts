// SPDX-License-Identifier: Apache-2.0
/**
 * Numbers as OTLP/JSON spells them: 64-bit integers as decimal text (or as a number, by senders that do not know
 * better), doubles also as `"NaN"`, `"Infinity"` and `"-Infinity"`. Read from the spelling, so that nothing past 2^53
 * is rounded.
 *
 * Source: Protocol Buffers, "ProtoJSON Format".
 */

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** Integers that a number holds exactly, whatever their digits. */
const SHORT_INTEGER = /^-?\d{1,15}$/;
const SHORT_UNSIGNED = /^\d{1,19}$/;
const INTEGER = /^-?\d{1,20}$/;
const DECIMAL = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED_DOUBLES: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** The integer that is spelled, if it is one and lies in the range; `5.0` and `5e0` are integers too. */
function parseInteger(spelled: string, min: bigint, max: bigint): bigint | undefined {
  let value: bigint;
  if (INTEGER.test(spelled)) value = BigInt(spelled);
  else {
    const number = DECIMAL.test(spelled) ? Number(spelled) : Number.NaN;
    if (!Number.isInteger(number)) return undefined;
    value = BigInt(number);
  }
  return value >= min && value <= max ? value : undefined;
}

/** An unsigned one of 64 bits. */
export function parseUint64(spelled: string): bigint | undefined {
  // So many digits are always few enough.
  if (SHORT_UNSIGNED.test(spelled)) return BigInt(spelled);
  return parseInteger(spelled, 0n, UINT64_MAX);
}

/**
 * An int64 as attributes hold it: a number where that is exact, decimal text otherwise; `undefined` where it is none.
 */
export function parseInt64(spelled: string): number | string | undefined {
  // Adding 0 turns -0, which JSON can spell and an integer cannot be, into 0.
  if (SHORT_INTEGER.test(spelled)) return Number(spelled) + 0;
  const value = parseInteger(spelled, INT64_MIN, INT64_MAX);
  if (value === undefined) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** The double that is spelled; `undefined` where it is none. */
export function parseDouble(spelled: string): number | undefined {
  return NAMED_DOUBLES.get(spelled) ?? (DECIMAL.test(spelled) ? Number(spelled) : undefined);
}

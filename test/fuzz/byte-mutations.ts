// SPDX-License-Identifier: Apache-2.0
/** Mutations that know nothing of what the bytes mean: a bad disk, a cut connection, a sender that overwrote its own buffer. */
import type { Chance } from './chance.js';
import type { Scratch } from './scratch.js';

/** Changes what is in the scratch. `donor` is another valid request. */
export type Mutation = (scratch: Scratch, chance: Chance, donor: Uint8Array) => void;

/** Bytes at which something begins or ends: tags, lengths, signs, the ends of varints, of ASCII and of UTF-8, JSON's own. */
const TELLING_BYTES = [
  0, 1, 2, 7, 8, 9, 0x0a, 0x0b, 0x0c, 0x0d, 0x10, 0x12, 0x1a, 0x22, 0x2c, 0x2d, 0x3a, 0x4a, 0x5a, 0x5b, 0x5c, 0x5d,
  0x6a, 0x7a, 0x7b, 0x7d, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xe2, 0xed, 0xf0, 0xf8, 0xfe, 0xff,
];

/** Numbers at which a length or a count changes its kind. */
const TELLING_NUMBERS = [
  ...[
    0n,
    1n,
    127n,
    128n,
    255n,
    16_383n,
    16_384n,
    65_535n,
    65_536n,
    2n ** 21n,
    2n ** 28n - 1n,
    2n ** 28n,
    2n ** 31n - 1n,
  ],
  ...[
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 35n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ],
];

/** Bytes that repetition makes of a part. */
const REPEATED_BYTES_MAX = 8192;

const NOTHING = new Uint8Array();
const word = new Uint8Array(2048);

function randomBytes(chance: Chance, length: number): Uint8Array {
  const telling = chance.oneIn(2);
  for (let at = 0; at < length; at++) word[at] = telling ? chance.pick(TELLING_BYTES) : chance.next();
  return word.subarray(0, length);
}

function partOf(bytes: Uint8Array, chance: Chance): Uint8Array {
  const start = chance.below(bytes.length);
  return bytes.subarray(start, start + chance.length());
}

/** A part of the scratch itself, as a copy. */
function ownPart(scratch: Scratch, chance: Chance): Uint8Array {
  return partOf(scratch.view(), chance).slice();
}

export const BYTE_MUTATIONS: readonly Mutation[] = [
  // A bit flips.
  (scratch, chance) => {
    const at = chance.below(scratch.length);
    scratch.bytes[at] = (scratch.bytes[at] ?? 0) ^ (1 << chance.below(8));
  },
  // A byte is another.
  (scratch, chance) => {
    scratch.bytes[chance.below(scratch.length)] = chance.oneIn(2) ? chance.pick(TELLING_BYTES) : chance.next();
  },
  // A length or a count is off by a little.
  (scratch, chance) => {
    const at = chance.below(scratch.length);
    scratch.bytes[at] = (scratch.bytes[at] ?? 0) + chance.pick([-8, -2, -1, 1, 2, 8]);
  },
  // Bytes come in between, or are overwritten.
  (scratch, chance) => {
    const bytes = randomBytes(chance, chance.length());
    scratch.splice(chance.below(scratch.length + 1), chance.oneIn(2) ? bytes.length : 0, bytes);
  },
  // Bytes are lost.
  (scratch, chance) => scratch.splice(chance.below(scratch.length), chance.length(), NOTHING),
  // The end is lost.
  (scratch, chance) => {
    scratch.length = chance.below(scratch.length + 1);
  },
  // A part stands somewhere else, once more or in another's place.
  (scratch, chance) => {
    const part = ownPart(scratch, chance);
    scratch.splice(chance.below(scratch.length + 1), chance.oneIn(2) ? part.length : 0, part);
  },
  // A part of another request.
  (scratch, chance, donor) => {
    const part = partOf(donor, chance);
    scratch.splice(chance.below(scratch.length + 1), chance.oneIn(2) ? chance.length() : 0, part);
  },
  // The head of this and the tail of another.
  (scratch, chance, donor) => {
    scratch.length = chance.below(scratch.length + 1);
    scratch.append(donor.subarray(chance.below(donor.length)));
  },
  // One part over and over.
  (scratch, chance) => {
    const part = ownPart(scratch, chance);
    const times = Math.min(chance.length(), Math.ceil(REPEATED_BYTES_MAX / Math.max(1, part.length)));
    scratch.splice(chance.below(scratch.length + 1), 0, Buffer.alloc(part.length * times, part));
  },
  // A varint that is far too large or far too long.
  (scratch, chance) => {
    const at = chance.below(scratch.length + 1);
    const tail = scratch.bytes.slice(Math.min(scratch.length, at + chance.below(3)), scratch.length);
    scratch.length = at;
    scratch.varint(chance.pick(TELLING_NUMBERS), chance.oneIn(3) ? chance.below(12) : 0);
    scratch.append(tail);
  },
];

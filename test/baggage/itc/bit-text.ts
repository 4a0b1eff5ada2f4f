// SPDX-License-Identifier: Apache-2.0
/** Bits as a test writes them: text of 0 and 1, with spaces for the eye. */

/** The text without its spaces. */
export function bits(text: string): string {
  return text.replaceAll(' ', '');
}

/** The bits in bytes, the last byte filled up with zeros. */
export function bytesOf(text: string): Uint8Array {
  const octets = bits(text).match(/.{1,8}/g) ?? [];
  return Uint8Array.from(octets, (octet) => Number.parseInt(octet.padEnd(8, '0'), 2));
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Why bytes are not a stamp, or why a stamp is too large to become bytes. The message says what is wrong, at which bit,
 * and what to do. It holds nothing of the input but the place, so it can be logged as it is.
 */
export class ItcFormatError extends Error {
  override readonly name = 'ItcFormatError';
}

// SPDX-License-Identifier: Apache-2.0
/**
 * How large a bag may be beside the baggage that the host sends itself. W3C baggage promises 8,192 bytes for all members
 * together, and OpenTelemetry's JavaScript SDK leaves out a member that would pass them. Ours is the one to give way, and
 * to give way in part.
 */
import type { Baggage } from '@opentelemetry/api';
import { BAG_BYTES_MAX } from '../../model/limits.js';
import { BAG_ENTRY } from './header-text.js';

/** Bytes of the whole `baggage` header that must be propagated (W3C Baggage, "Limits"). */
const HEADER_BYTES_MAX = 8192;

/** Members that OpenTelemetry's JavaScript SDK reads and writes. */
const MEMBER_COUNT_MAX = 180;

/** Bytes of the bag that fit, at most `BAG_BYTES_MAX`; 0 where there is no room for it at all. */
export function bagBytesBeside(others: Baggage): number {
  const entries = others.getAllEntries();
  if (entries.length >= MEMBER_COUNT_MAX) return 0;
  // The member's name, its `=` and the commas.
  let left = HEADER_BYTES_MAX - BAG_ENTRY.length - 2;
  for (const [key, { value, metadata }] of entries) {
    left -= encodeURIComponent(key).length + encodeURIComponent(value).length + (metadata?.toString().length ?? 0) + 3;
  }
  return Math.min(BAG_BYTES_MAX, Math.max(0, Math.floor((left * 3) / 4)));
}

// SPDX-License-Identifier: Apache-2.0
/**
 * A block is a row of packets, each with the checksum of what is in it, so that whoever reads it can tell whether it is what was
 * written. HDFS keeps checksums in a second file beside the block.
 */
import { createHash } from 'node:crypto';

/** Payload of a packet, in bytes. */
export const PACKET_LENGTH = 4096;
const CHECKSUM_LENGTH = 32;

/** A packet on disk, in bytes. */
export const FRAMED_LENGTH: number = CHECKSUM_LENGTH + PACKET_LENGTH;

/** Puts a payload of whole packets into packets. */
export function framed(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const packetCount = payload.length / PACKET_LENGTH;
  if (!Number.isInteger(packetCount)) throw new Error(`${payload.length} bytes are no whole packets`);
  const block = new Uint8Array(packetCount * FRAMED_LENGTH);
  for (let index = 0; index < packetCount; index++) {
    const packet = payload.subarray(index * PACKET_LENGTH, (index + 1) * PACKET_LENGTH);
    block.set(checksum(packet), index * FRAMED_LENGTH);
    block.set(packet, index * FRAMED_LENGTH + CHECKSUM_LENGTH);
  }
  return block;
}

/** Throws an Error where a block, as far as `length`, is not what was written. */
export function verify(block: Uint8Array, length: number): void {
  if (block.length < length) throw new Error(`${block.length} of ${length} bytes are there`);
  for (let at = 0; at < length; at += FRAMED_LENGTH) {
    const stored = block.subarray(at, at + CHECKSUM_LENGTH);
    const packet = block.subarray(at + CHECKSUM_LENGTH, at + FRAMED_LENGTH);
    if (!checksum(packet).equals(stored)) throw new Error(`the packet at ${at} has a wrong checksum`);
  }
}

function checksum(packet: Uint8Array): Buffer {
  return createHash('sha256').update(packet).digest();
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Who holds which rows. Each node has a few tokens (`num_tokens`) on a circle; a row lies with the nodes whose tokens come
 * next after its own, as many different ones as there are replicas.
 */
import { createHash } from 'node:crypto';

/** Replicas of each row. */
export const REPLICATION_FACTOR = 3;

/** How many replicas make a majority: the consistency level `QUORUM`. */
export const QUORUM: number = Math.floor(REPLICATION_FACTOR / 2) + 1;

const TOKENS_PER_NODE = 4;

/** 48 bits: the most that is exact in a double and whole bytes. */
const TOKEN_BYTES = 6;

interface Token {
  readonly value: number;
  readonly node: string;
}

export class TokenRing {
  readonly #tokens: readonly Token[];

  constructor(nodes: readonly string[]) {
    const tokens = nodes.flatMap((node) =>
      Array.from({ length: TOKENS_PER_NODE }, (_, index) => ({ value: tokenOf(`${node} ${index}`), node })),
    );
    this.#tokens = tokens.sort((a, b) => a.value - b.value);
  }

  /** The nodes that hold a row, the primary replica first; all of them where there are fewer than replicas. */
  replicasOf(key: string): readonly string[] {
    const token = tokenOf(key);
    const first = this.#tokens.findIndex(({ value }) => value >= token);
    const from = Math.max(first, 0);
    const inOrder = [...this.#tokens.slice(from), ...this.#tokens.slice(0, from)];
    return [...new Set(inOrder.map(({ node }) => node))].slice(0, REPLICATION_FACTOR);
  }
}

/** A key's place on the circle. */
export function tokenOf(key: string): number {
  return createHash('md5').update(key).digest().readUIntBE(0, TOKEN_BYTES);
}

/** Which of so many equal parts of the circle a key lies in: the sub-ranges of repair and streaming. */
export function subRangeOf(key: string, count: number): number {
  return Math.floor((tokenOf(key) / 2 ** (8 * TOKEN_BYTES)) * count);
}

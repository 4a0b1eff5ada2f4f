// SPDX-License-Identifier: Apache-2.0
/**
 * The loop: a request of the corpus, a few mutations, a decoder, and what must hold of the outcome. A mutation is made from
 * the run's seed and its own number alone, so that a finding is repeated by these two.
 */
import { BYTE_MUTATIONS } from './byte-mutations.js';
import { Chance } from './chance.js';
import type { Entry } from './corpus.js';
import { mutateJson, type ScannedRequest, scanRequest } from './json-mutations.js';
import { Scratch } from './scratch.js';
import { isSame, outcomeOf, type Target } from './targets.js';
import { mutateTree, type ParsedRequest, parseRequest } from './tree-mutations.js';

/** Mutations of one kind after another on the same bytes, at most. */
const MUTATIONS_MAX = 4;

/** One mutation in so many is decoded a second time in a buffer of its own, and what was taken is written again. */
const DEEP_EVERY = 16;

/** Longest that a decoder may take over 128 KiB. It takes 1 ms; the rest is for a machine that is busy elsewhere. */
const DECODE_MS_MAX = 3000;

/** Bytes of a finding's input that are shown. */
const SHOWN_BYTES_MAX = 2048;

export interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly index: number;
  /** How many mutations it took. */
  readonly count: number;
  readonly what: string;
  readonly base64: string;
}

export interface Tally {
  taken: number;
  refused: number;
  slowestMs: number;
  bytes: number;
}

/** A request of the corpus, ready to be mutated. */
interface Prepared {
  readonly entry: Entry;
  readonly tree: ParsedRequest;
  readonly text: ScannedRequest;
}

export class Fuzzing {
  readonly tally: Tally = { taken: 0, refused: 0, slowestMs: 0, bytes: 0 };
  readonly #target: Target;
  readonly #seed: number;
  readonly #corpus: readonly Prepared[];
  readonly #chance = new Chance();
  readonly #scratch = new Scratch();

  constructor(target: Target, corpus: readonly Entry[], seed: number) {
    this.#target = target;
    this.#seed = seed;
    this.#corpus = corpus
      .filter(({ signal, encoding }) => signal === target.signal && encoding === target.encoding)
      .map((entry) => ({
        entry,
        tree: target.encoding === 'protobuf' ? parseRequest(entry.bytes) : parseRequest(new Uint8Array()),
        text: scanRequest(target.encoding === 'json' ? entry.bytes : new Uint8Array()),
      }));
    if (this.#corpus.length === 0) throw new Error(`there is nothing to mutate for ${target.name}`);
  }

  /** The bytes of a mutation: a view that the next one overwrites. */
  bytesOf(index: number): Uint8Array {
    const chance = this.#chance;
    chance.restart(this.#seed, index);
    const { entry, tree, text } = chance.pick(this.#corpus);
    const donor = chance.pick(this.#corpus);
    this.#scratch.set(entry.bytes);
    if (!chance.oneIn(3) && tree.all.length > 0) mutateTree(this.#scratch, chance, tree, donor.tree);
    else if (!chance.oneIn(3) && text.values.length > 0) mutateJson(this.#scratch, chance, text, donor.text);
    // What the mutations above leave is valid mostly; some of it is broken besides.
    else this.#mutateBytes(donor.entry.bytes);
    if (chance.oneIn(8)) this.#mutateBytes(donor.entry.bytes);
    return this.#scratch.view();
  }

  /** Tries one mutation. */
  try(index: number): Finding | undefined {
    const bytes = this.bytesOf(index);
    const own = index % DEEP_EVERY === 0 ? Uint8Array.from(bytes) : undefined;
    const startMs = performance.now();
    const outcome = outcomeOf(this.#target.decode, bytes);
    const tookMs = performance.now() - startMs;
    this.tally.bytes += bytes.length;
    this.tally.slowestMs = Math.max(this.tally.slowestMs, tookMs);
    if (tookMs > DECODE_MS_MAX) return this.#finding(index, `decoding took ${tookMs.toFixed(0)} ms`);
    if (outcome.thrown !== undefined) this.tally.refused++;
    else this.tally.taken++;
    try {
      if (outcome.thrown !== undefined && !this.#target.isRefusal(outcome.thrown)) throw outcome.thrown;
      if (outcome.thrown === undefined) this.#target.check(outcome.decoded, bytes);
      if (own === undefined) return undefined;
      if (Buffer.compare(own, bytes) !== 0) throw new Error('the decoder changed its body');
      if (!isSame(outcome, outcomeOf(this.#target.decode, own)))
        throw new Error('it is decoded as something else elsewhere');
      if (outcome.thrown === undefined) this.#target.checkDeeply(outcome.decoded);
    } catch (thrown) {
      return this.#finding(index, String(thrown));
    }
    return undefined;
  }

  #mutateBytes(donor: Uint8Array): void {
    for (let count = 1 + this.#chance.below(MUTATIONS_MAX); count > 0; count--) {
      this.#chance.pick(BYTE_MUTATIONS)(this.#scratch, this.#chance, donor);
    }
  }

  #finding(index: number, what: string): Finding {
    const bytes = this.#scratch.view();
    const shown = Buffer.from(bytes.subarray(0, SHOWN_BYTES_MAX)).toString('base64');
    const base64 = bytes.length > SHOWN_BYTES_MAX ? `${shown}… (${bytes.length} bytes)` : shown;
    const before = Math.min(index, this.#target.remembered ?? 0);
    return { target: this.#target.name, seed: this.#seed, index: index - before, count: before + 1, what, base64 };
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * What a node knows of all others, and how it learns. Every second of the original each node raises its own version and
 * tells somebody all it knows; the newer generation of a node wins, and within one the newer version. Who belongs to the
 * ring and who is up follows from that alone. Pure: time and chance are arguments.
 *
 * In Cassandra an exchange is three messages (digests, what is newer, what was asked for); with four nodes all states are
 * smaller than the digests of a real ring, so here they go and come back in one call.
 */
import type { Beliefs } from '../node/admin.js';
import { scaled } from '../node/time-scale.js';
import { FailureDetector } from './failure-detector.js';

/** `Gossiper.intervalInMillis`. */
export const GOSSIP_INTERVAL_MS: number = scaled(1_000);

/** Gossip of a node that has just left is not believed for so long (`QUARANTINE_DELAY`, twice `RING_DELAY`). */
const QUARANTINE_MS = scaled(60_000);

export type NodeStatus = 'NORMAL' | 'LEAVING' | 'LEFT';

export interface EndpointState {
  /** When the node's process was started, epoch ms; 0 in a state that was not heard but read from the table of peers. */
  readonly generation: number;
  /** Its heartbeat. */
  readonly version: number;
  readonly status: NodeStatus;
}

export type EndpointStates = Readonly<Record<string, EndpointState>>;

export class Gossiper {
  readonly #self: string;
  readonly #seed: string;
  readonly #states = new Map<string, EndpointState>();
  readonly #down = new Set<string>();
  readonly #leftAtMs = new Map<string, number>();
  readonly #detector = new FailureDetector();
  readonly #onRingChange: (members: readonly string[]) => void;
  #isRunning = true;

  /**
   * @param seed whom a node that knows nobody asks
   * @param onRingChange told of the ring's members whenever they are others
   */
  constructor(
    self: string,
    options: { seed: string; generation: number; onRingChange: (members: readonly string[]) => void },
  ) {
    this.#self = self;
    this.#seed = options.seed;
    this.#onRingChange = options.onRingChange;
    this.#states.set(self, { generation: options.generation, version: 1, status: 'NORMAL' });
  }

  /** Whether this node takes part: it does until it has left. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Nodes that own tokens, in order. */
  get members(): readonly string[] {
    const owners = [...this.#states].filter(([, { status }]) => status !== 'LEFT');
    return owners.map(([node]) => node).sort();
  }

  /** Whether a node is believed up. */
  isUp(node: string): boolean {
    return this.#states.has(node) && !this.#down.has(node);
  }

  /** What is told to others: whatever was heard, not what was only read from a table. */
  states(): EndpointStates {
    return Object.fromEntries([...this.#states].filter(([, { generation }]) => generation > 0));
  }

  /** A round begins: the own heartbeat goes on, and whoever has been silent for too long is down. */
  beat(nowMs: number): void {
    this.#update(this.#self, {});
    this.#detector.look(nowMs);
    for (const node of this.#others()) if (this.#detector.isConvicted(node, nowMs)) this.#down.add(node);
    for (const [node, leftMs] of this.#leftAtMs) if (nowMs - leftMs > QUARANTINE_MS) this.#leftAtMs.delete(node);
  }

  /** Whom to gossip with in this round: one that is up, at times one that is down, and the seed when nobody else is known. */
  targets(random: () => number): readonly string[] {
    const up = this.#others().filter((node) => !this.#down.has(node));
    const down = [...this.#down];
    const targets = up.length > 0 ? [anyOf(up, random)] : this.#self === this.#seed ? [] : [this.#seed];
    if (random() < down.length / (up.length + 1)) targets.push(anyOf(down, random));
    return [...new Set(targets)];
  }

  /** News came in. */
  apply(states: EndpointStates, nowMs: number): void {
    const before = this.members.join();
    for (const [node, heard] of Object.entries(states)) {
      const known = this.#states.get(node);
      if (node === this.#self || this.#leftAtMs.has(node) || (known && !isNewer(heard, known))) continue;
      if (heard.status === 'LEFT') {
        this.#forgetLeft(node, nowMs);
      } else {
        if (known?.generation !== heard.generation) this.#detector.remove(node);
        this.#detector.report(node, nowMs);
        this.#states.set(node, heard);
        this.#down.delete(node);
      }
    }
    if (this.members.join() !== before) this.#onRingChange(this.members);
  }

  /** Takes in the nodes that a table on disk says belong to the ring, as at a start. They count as up until proven down. */
  addSaved(nodes: readonly string[]): void {
    for (const node of nodes) {
      if (this.#states.has(node)) continue;
      this.#leftAtMs.delete(node);
      this.#states.set(node, { generation: 0, version: 0, status: 'NORMAL' });
    }
    this.#onRingChange(this.members);
  }

  /** Forgets nodes that were only ever read from the table, as an operator does with `nodetool assassinate`. */
  removeSaved(): void {
    for (const [node, { generation }] of this.#states) if (generation === 0) this.#states.delete(node);
    this.#onRingChange(this.members);
  }

  /** Tells what this node is up to from now on. */
  announce(status: NodeStatus): void {
    this.#update(this.#self, { status });
  }

  /** Takes part no longer. */
  stop(): void {
    this.#isRunning = false;
  }

  /** Takes part again, as a new process would. */
  rejoin(generation: number): void {
    this.#isRunning = true;
    this.#states.set(this.#self, { generation, version: 1, status: 'NORMAL' });
  }

  /** What the failure detector believes of those that should be there. One that has left is not among them. */
  beliefs(expected: readonly string[]): Beliefs {
    if (!this.#isRunning) return {};
    const others = expected.filter((node) => node !== this.#self && !this.#leftAtMs.has(node));
    return Object.fromEntries(others.map((node) => [node, this.isUp(node) ? 'alive' : 'dead']));
  }

  /** In the original everybody tells for three days that a node has left; here a leaver tells each by itself. */
  #forgetLeft(node: string, nowMs: number): void {
    this.#leftAtMs.set(node, nowMs);
    this.#states.delete(node);
    this.#down.delete(node);
    this.#detector.remove(node);
  }

  #update(node: string, change: Partial<EndpointState>): void {
    const state = this.#states.get(node);
    if (state) this.#states.set(node, { ...state, version: state.version + 1, ...change });
  }

  #others(): string[] {
    return [...this.#states.keys()].filter((node) => node !== this.#self);
  }
}

function isNewer(heard: EndpointState, known: EndpointState): boolean {
  if (heard.generation !== known.generation) return heard.generation > known.generation;
  return heard.version > known.version;
}

function anyOf(nodes: readonly string[], random: () => number): string {
  return nodes[Math.floor(random() * nodes.length)] as string;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * A production failure, made again in its mechanism. Each stands in a file of its own, whose first three lines say what broke
 * in production and how the re-creation keeps to it. None touches telemetry, the engine, or a caller's timeout.
 */
import type { Cluster } from '../harness/cluster.js';
import type { System } from '../harness/system.js';

export interface Fault {
  /** `f1` to `f15` as in the paper's table 4, `c1` to `c8` for the crashes of its table 3, `f0` for one of our own. */
  readonly id: string;
  readonly system: System;
  /** A line: what fails. */
  readonly title: string;
  /** A sentence for whoever watches: what has just been done to the cluster, and what goes on as if nothing were. */
  readonly happening: string;
  /** The paper's time to the first failing observation, in s; NaN where the paper has none. */
  readonly paperSeconds: number;
  /** Whom a right verdict names. */
  readonly subject: string;
  /** A right verdict finds at least one of these failing; `all` where nothing that the subject serves can be well. */
  readonly operations: readonly string[] | 'all';
  readonly failure: 'gray' | 'crash';
  /** Nodes that a built-in detector which found the fault would call dead. */
  readonly nodes: readonly string[];
  /**
   * Breaks it. When this resolves the mechanism is broken; the stopwatch runs from before.
   *
   * @param strike to be called just before something is broken, where that takes preparations: the stopwatch runs from there
   */
  readonly inject: (cluster: Cluster, stop: AbortSignal, strike: () => void) => Promise<void>;
  /** Mends it. */
  readonly repair: (cluster: Cluster, stop: AbortSignal) => Promise<void>;
}

/** The two halves of a fault that a node's admin port controls. */
export function controlledAt(node: string, fault: string): Pick<Fault, 'inject' | 'repair'> {
  return {
    inject: (cluster) => cluster.control(node, 'fault', fault),
    repair: (cluster) => cluster.control(node, 'repair', fault),
  };
}

/** What makes a crash: `kill -9`, and a new process with the old one's directory and ports. Nothing is served in between. */
export function crashOf(node: string): Pick<Fault, 'operations' | 'failure' | 'nodes' | 'inject' | 'repair'> {
  return {
    operations: 'all',
    failure: 'crash',
    nodes: [node],
    inject: async (cluster) => cluster.kill(node),
    repair: (cluster, stop) => cluster.restart(node, stop),
  };
}

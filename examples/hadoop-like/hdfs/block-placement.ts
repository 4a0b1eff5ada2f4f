// SPDX-License-Identifier: Apache-2.0
/**
 * In which order datanodes stand in the next pipeline. HDFS places by rack and load; here the namenode goes round all orders of
 * the datanodes it believes alive. So each datanode is met at every place of a pipeline and by every other node, and what is said of
 * it never hangs on a single caller.
 */
import { REPLICATION } from './pipeline.js';

export class BlockPlacement {
  #chosenCount = 0;

  /** The next pipeline of these nodes; shorter than three where there are fewer, empty for none. */
  choose<Node>(nodes: readonly Node[]): readonly Node[] {
    const orders = ordersOf(nodes, REPLICATION);
    return orders[this.#chosenCount++ % orders.length] ?? [];
  }
}

/** All orders of `length` of the nodes (of all, where there are fewer): six for three of three. */
export function ordersOf<Node>(nodes: readonly Node[], length: number): readonly (readonly Node[])[] {
  if (length === 0 || nodes.length === 0) return [[]];
  return nodes.flatMap((first) => {
    const rest = nodes.filter((node) => node !== first);
    return ordersOf(rest, length - 1).map((order) => [first, ...order]);
  });
}

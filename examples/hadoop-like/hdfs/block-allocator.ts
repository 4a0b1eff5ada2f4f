// SPDX-License-Identifier: Apache-2.0
/**
 * Where the next block goes. HDFS places by rack and load; here the namenode goes round all orders of the datanodes it
 * believes alive. So each datanode is met at every place of a pipeline and by every other node, and what is said of it
 * never hangs on a single caller.
 */
import { type Allocation, type PipelineNode, REPLICATION } from './pipeline.js';

export class BlockAllocator {
  #allocatedCount = 0;

  /** The next block id and its pipeline; shorter than three nodes where fewer are alive, empty with none. */
  allocate(alive: readonly PipelineNode[]): Allocation {
    const orders = ordersOf(alive, REPLICATION);
    const pipeline = orders[this.#allocatedCount % orders.length] ?? [];
    this.#allocatedCount++;
    return { blockId: `blk_${this.#allocatedCount}`, pipeline };
  }
}

/** All orders of `length` of the nodes (of all, where there are fewer): six for three of three. */
export function ordersOf(nodes: readonly PipelineNode[], length: number): readonly (readonly PipelineNode[])[] {
  if (length === 0 || nodes.length === 0) return [[]];
  return nodes.flatMap((first) => {
    const rest = nodes.filter((node) => node !== first);
    return ordersOf(rest, length - 1).map((order) => [first, ...order]);
  });
}

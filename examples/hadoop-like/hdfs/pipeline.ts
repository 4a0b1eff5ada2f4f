// SPDX-License-Identifier: Apache-2.0
/**
 * The write pipeline. A client sends a block to the first datanode, which sends it on while writing it down, and so to
 * the last. What comes back is the pipeline's acknowledgement: one reply a datanode, in order. A datanode whose
 * downstream failed still answers, `success` for itself and `error` for the one that did not; so the client learns
 * which node broke the pipeline, and a healthy node is never blamed for its neighbour.
 *
 * In HDFS these are `DataTransferProtocol.writeBlock`, the replies of `PipelineAck`, one a datanode, and `firstBadLink`,
 * by which a datanode names the one behind it that broke the pipeline.
 */
import { callJson } from '../node/http-call.js';
import { scaled } from '../node/time-scale.js';

/** A datanode's place in a pipeline. */
export interface PipelineNode {
  readonly name: string;
  /** Base URL of its data port. */
  readonly url: string;
}

/** One datanode's reply. `unknown`: it stands behind one that failed, so nobody can say. */
export interface NodeAck {
  readonly datanode: string;
  readonly status: 'success' | 'error' | 'unknown';
  readonly message?: string;
}

/** The answer to `POST /blocks/{id}`: the datanode's own reply, then those of the nodes behind it. */
export interface PipelineAck {
  readonly acks: readonly NodeAck[];
}

/** Replicas of a block, HDFS's default (`dfs.replication`). */
export const REPLICATION = 3;

/** What is sent down a pipeline. */
export interface BlockWrite {
  readonly blockId: string;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Where in the block the data belongs, for an append to a block that is there; what stood behind is cut off. */
  readonly offset?: number | undefined;
}

/** Header that carries `offset`. */
export const OFFSET_HEADER = 'x-offset';

/** Header that carries the nodes behind the one that is called: `dn3@http://127.0.0.1:4003,dn1@…`. */
export const PIPELINE_HEADER = 'x-pipeline';

/** Deadline of a call to the last node of a pipeline: HDFS's socket timeout, a minute. */
const TIMEOUT_BASE_MS = scaled(60_000);

/** And for each node behind it (`READ_TIMEOUT_EXTENSION`, 5 s). */
const TIMEOUT_PER_NODE_BEHIND_MS = scaled(5_000);

/**
 * Deadline of a call to a node with so many nodes behind it. They are staggered so that whoever talks to the sick node
 * gives up first and can still answer its own caller in time.
 */
export function pipelineTimeoutMs(nodesBehindCount: number): number {
  return TIMEOUT_BASE_MS + TIMEOUT_PER_NODE_BEHIND_MS * nodesBehindCount;
}

/**
 * Sends a block down a pipeline.
 *
 * @returns one reply a node, in the pipeline's order; none for an empty pipeline. A failed call is a reply, not an error.
 */
export async function sendBlock(write: BlockWrite, pipeline: readonly PipelineNode[]): Promise<readonly NodeAck[]> {
  const { blockId, data, offset } = write;
  const [first, ...behind] = pipeline;
  if (!first) return [];
  try {
    const answer = await callJson<PipelineAck>({
      method: 'POST',
      url: `${first.url}/blocks/${blockId}`,
      timeoutMs: pipelineTimeoutMs(behind.length),
      headers: {
        [PIPELINE_HEADER]: formatPipeline(behind),
        ...(offset !== undefined && { [OFFSET_HEADER]: String(offset) }),
      },
      body: data,
    });
    return answer.acks;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [
      { datanode: first.name, status: 'error', message },
      ...behind.map(({ name }): NodeAck => ({ datanode: name, status: 'unknown' })),
    ];
  }
}

/** The reply of the first node that did not acknowledge; `undefined` when all did. */
export function firstBadLink(acks: readonly NodeAck[]): NodeAck | undefined {
  return acks.find(({ status }) => status !== 'success');
}

/**
 * Whether a pipeline that has lost nodes must be given others before it goes on, as
 * `dfs.client.block.write.replace-datanode-on-failure.policy` has it by default: where half of the replicas are lost, and for an
 * append as soon as one is, for it has readers who rely on it.
 */
export function mustReplace(existingCount: number, isAppend: boolean): boolean {
  return (
    REPLICATION >= 3 && (existingCount <= Math.floor(REPLICATION / 2) || (isAppend && existingCount < REPLICATION))
  );
}

/** A pipeline as the header's text. */
export function formatPipeline(pipeline: readonly PipelineNode[]): string {
  return pipeline.map(({ name, url }) => `${name}@${url}`).join(',');
}

/** The pipeline of a header's text; empty for an empty or missing one. */
export function parsePipeline(text: string | readonly string[] | undefined): readonly PipelineNode[] {
  if (typeof text !== 'string' || text === '') return [];
  return text.split(',').map((entry) => {
    const at = entry.indexOf('@');
    return { name: entry.slice(0, at), url: entry.slice(at + 1) };
  });
}

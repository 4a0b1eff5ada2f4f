// SPDX-License-Identifier: Apache-2.0
/**
 * What a node and the process that started it say to each other, over the IPC channel. It stands apart from HTTP on
 * purpose: starting the cluster and counting its work must not show up as calls between components.
 */
import type { Tally } from '../hdfs/tally.js';

/** A node tells its parent. */
export type NodeMessage =
  | { readonly type: 'ready'; readonly ports: Readonly<Record<string, number>> }
  | { readonly type: 'tally'; readonly tally: Tally };

/** The parent tells a node: all whom it may call are up, at these base URLs, by the name of their server. */
export interface StartMessage {
  readonly type: 'start';
  readonly urls: Readonly<Record<string, string>>;
}

/** Tells the parent, if there is one. */
export function tellParent(message: NodeMessage): void {
  // The channel may close between the check and the write; the leash ends this process then, so the error is nothing.
  if (process.connected) process.send?.(message, () => {});
}

/**
 * Reports the ports this node listens on and waits for the word to start.
 *
 * @returns the base URLs of the nodes it may call
 */
export function readyToStart(ports: Readonly<Record<string, number>>): Promise<StartMessage['urls']> {
  return new Promise((resolve) => {
    process.on('message', (message: StartMessage) => {
      if (message.type === 'start') resolve(message.urls);
    });
    tellParent({ type: 'ready', ports });
  });
}

/** A setting of this node from its environment. Throws where it is missing: the cluster always sets it. */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start this node through the demo`);
  return value;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * What a node and the process that started it say to each other, over the IPC channel. It stands apart from the network
 * on purpose: starting the cluster and counting its work must not show up as calls between components.
 */
import type { Tally } from './tally.js';

/** `host:port` of every port, by the node's name and the port's. It is what a cluster's configuration files say. */
export type Addresses = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A node tells its parent. */
export type NodeMessage =
  | { readonly type: 'ready'; readonly ports: Readonly<Record<string, number>> }
  | { readonly type: 'tally'; readonly tally: Tally };

/** The parent tells a node that all are up, and where. */
export interface StartMessage {
  readonly type: 'start';
  readonly addresses: Addresses;
}

/** The parent tells a client how hard to work: 1 is as it was begun, 3 three times as many operations a second. */
export interface PaceMessage {
  readonly type: 'pace';
  readonly factor: number;
}

export type ParentMessage = StartMessage | PaceMessage;

/** Tells the parent, if there is one. */
export function tellParent(message: NodeMessage): void {
  // The channel may close between the check and the write; the leash ends this process then, so the error is nothing.
  if (process.connected) process.send?.(message, () => {});
}

/** Reports the ports this node listens on, by their names, and waits for the word to start. */
export function readyToStart(ports: Readonly<Record<string, number>>): Promise<Addresses> {
  return new Promise((resolve) => {
    process.on('message', (message: ParentMessage) => {
      if (message.type === 'start') resolve(message.addresses);
    });
    tellParent({ type: 'ready', ports });
  });
}

/** An address the node was started with. Throws where there is none: the cluster tells all of them. */
export function addressOf(addresses: Addresses, node: string, port: string): string {
  const address = addresses[node]?.[port];
  if (!address) throw new Error(`no port ${port} of ${node} is known`);
  return address;
}

/** A setting of this node from its environment. Throws where it is missing: the cluster always sets it. */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start this node through the demo`);
  return value;
}

/** The port to listen on: 0, any, at first; the same one again for a node that was restarted (`NODE_PORTS`). */
export function portFor(name: string): number {
  const ports = JSON.parse(process.env['NODE_PORTS'] ?? '{}') as Record<string, number>;
  return ports[name] ?? 0;
}

// SPDX-License-Identifier: Apache-2.0
/** How requests get to whoever is loaded: each node's agent has one connection of its own, as a Collector on a node has. */
import { startGrpcSender } from './grpc-sender.js';
import { startHttpSender } from './http-sender.js';
import type { LoadMessage, Transport } from './load-message.js';

/** What a request came to. */
export type Answer = 'taken' | 'refused';

export interface Sender {
  /**
   * Sends a frame as one node's agent. There is one connection more than nodes, for what has to go at once.
   *
   * @throws Error where no answer comes, or one that no exporter would retry
   */
  send(node: number, frame: Buffer): Promise<Answer>;
  close(): void;
}

const SENDERS: Readonly<Record<Transport, (target: LoadMessage) => Sender>> = {
  grpc: startGrpcSender,
  http: startHttpSender,
};

export function startSender(message: LoadMessage): Sender {
  return SENDERS[message.transport](message);
}

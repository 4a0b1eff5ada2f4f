// SPDX-License-Identifier: Apache-2.0
/**
 * Whom to follow: the server that has seen the latest transaction, and of several the one that the configuration names
 * first. Everybody who looks asks everybody. Pure.
 */
import { quorumOf } from './config.js';

/** `zookeeper.Election/Notification`, and its answer: what a server is, and how much it has seen. */
export interface Notification {
  readonly from: string;
  readonly state: 'looking' | 'following' | 'leading';
  readonly epoch: number;
  readonly zxid: number;
}

export type Choice = { readonly follow: string } | 'lead' | 'look on';

/**
 * Chooses by what the servers say that answered.
 *
 * @param own what this server says
 * @param peers all servers' names in the configuration's order
 */
export function choose(own: Notification, answers: readonly Notification[], peers: readonly string[]): Choice {
  const leading = answers.filter(({ state }) => state === 'leading').sort((one, other) => other.epoch - one.epoch)[0];
  if (leading) return { follow: leading.from };
  const looking = [own, ...answers.filter(({ state }) => state === 'looking')];
  if (looking.length < quorumOf(peers.length)) return 'look on';
  const [best] = looking.sort(
    (one, other) => other.zxid - one.zxid || peers.indexOf(one.from) - peers.indexOf(other.from),
  );
  return best === own ? 'lead' : 'look on';
}

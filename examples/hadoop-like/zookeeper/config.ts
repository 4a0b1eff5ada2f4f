// SPDX-License-Identifier: Apache-2.0
/** What `zoo.cfg` says, with the original's defaults. Durations are in ms. */
import { setting } from '../node/parent.js';
import { scaled } from '../node/time-scale.js';

/** `tickTime`, the unit of every other time. */
export const TICK_TIME_MS: number = scaled(2000);

/** `initLimit`, 10 ticks: within these a leader must have found its quorum, and a follower must have its snapshot. */
export const INIT_LIMIT_MS: number = 10 * TICK_TIME_MS;

/** `syncLimit`, 5 ticks: a leader or a follower that has been silent for so long is lost. */
export const SYNC_LIMIT_MS: number = 5 * TICK_TIME_MS;

/** Pings between servers come twice a tick. */
export const PING_INTERVAL_MS: number = TICK_TIME_MS / 2;

/** `cnxTimeout` of an election's messages, 5 s. */
export const ELECTION_TIMEOUT_MS: number = scaled(5000);

/** How long an election's winner waits for a better vote (`FastLeaderElection.finalizeWait`, 200 ms). */
export const FINALIZE_WAIT_MS: number = scaled(200);

/** What clients ask for unless they say otherwise. */
export const SESSION_TIMEOUT_MS: number = scaled(30_000);

/** `minSessionTimeout` and `maxSessionTimeout`, 2 and 20 ticks: what is granted lies between. */
export function negotiatedTimeoutMs(askedMs: number): number {
  return Math.min(Math.max(askedMs, 2 * TICK_TIME_MS), 20 * TICK_TIME_MS);
}

/** The servers of the ensemble by name, from `ZOOKEEPER_PEERS`: `zk1,zk2,zk3`, or one alone. */
export function peersFromEnvironment(): readonly string[] {
  return setting('ZOOKEEPER_PEERS').split(',');
}

/** How many servers are a majority of so many. */
export function quorumOf(serverCount: number): number {
  return Math.floor(serverCount / 2) + 1;
}

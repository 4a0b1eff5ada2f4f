// SPDX-License-Identifier: Apache-2.0
/** What happens to a cluster in which nothing is broken. None touches telemetry or the engine. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '#hadoop-like/harness/cluster.js';
import { type NodeSpec, subjectOf } from '#hadoop-like/harness/system.js';
import type { Restarts } from './restarts.js';

export interface Scene {
  readonly cluster: Cluster;
  readonly restarts: Restarts;
  /** How many happenings there were before: each time another node is struck. */
  readonly turn: number;
  readonly stop: AbortSignal;
}

export interface Happening {
  readonly name: string;
  readonly run: (scene: Scene) => Promise<void>;
}

const QUIET_MS = 20_000;
const SPIKE_MS = 10_000;
const SPIKE_FACTOR = 3;

/** Stop-the-world pauses as a JVM's default collector makes them: it aims at 200 ms, and mostly keeps below. In ms. */
const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 200;
const PAUSE_COUNT = 20;
const PAUSE_GAP_MS = 500;

/** An observer short of processors: it stands still for four fifths of the time. In ms. */
const STARVED_MS = 80;
const RUNNING_MS = 20;
const OVERLOAD_MS = 15_000;

const BETWEEN_RESTARTS_MS = 6000;

/** In this order, again and again. */
export const HAPPENINGS: readonly Happening[] = [
  { name: 'mixed load', run: () => delay(QUIET_MS) },
  { name: 'pauses of the servers', run: pauses },
  { name: 'a spike of load', run: spike },
  { name: 'one overloaded observer', run: (scene) => overload(scene, clientsOf(scene).slice(0, 1)) },
  { name: 'a rolling restart', run: rollingRestart },
  { name: 'mixed load again', run: () => delay(QUIET_MS) },
  { name: 'many overloaded observers', run: (scene) => overload(scene, clientsOf(scene)) },
];

async function pauses({ cluster, turn }: Scene): Promise<void> {
  const servers = serversOf(cluster);
  for (let count = 0; count < PAUSE_COUNT; count++) {
    const server = servers[(turn + count) % servers.length] as NodeSpec;
    await cluster.freeze(server.name, PAUSE_MIN_MS + (PAUSE_MAX_MS - PAUSE_MIN_MS) * Math.random());
    await delay(PAUSE_GAP_MS);
  }
}

async function spike({ cluster }: Scene): Promise<void> {
  cluster.pace(SPIKE_FACTOR);
  await delay(SPIKE_MS);
  cluster.pace(1);
}

async function overload({ cluster }: Scene, clients: readonly NodeSpec[]): Promise<void> {
  const endMs = performance.now() + OVERLOAD_MS;
  await Promise.all(
    clients.map(async ({ name }) => {
      while (performance.now() < endMs) {
        await cluster.freeze(name, STARVED_MS);
        await delay(RUNNING_MS);
      }
    }),
  );
}

/** One server a time, in turn, as an upgrade does it: each must be up before the next goes. A few of them each time. */
async function rollingRestart({ cluster, restarts, turn, stop }: Scene): Promise<void> {
  const servers = serversOf(cluster);
  for (let count = 0; count < 3; count++) {
    const server = servers[(turn + count) % servers.length] as NodeSpec;
    const isUp = restarts.begin(subjectOf(server));
    cluster.kill(server.name);
    await cluster.restart(server.name, stop);
    isUp();
    await delay(BETWEEN_RESTARTS_MS);
  }
}

function clientsOf({ cluster }: Scene): readonly NodeSpec[] {
  return cluster.system.nodes.filter(({ isClient }) => isClient);
}

function serversOf({ system }: Cluster): readonly NodeSpec[] {
  return system.nodes.filter(({ isClient }) => !isClient);
}

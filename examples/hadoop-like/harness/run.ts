// SPDX-License-Identifier: Apache-2.0
/**
 * Everything a trial needs, from nothing to nothing: a directory, an engine, the fault's cluster, the trial, and no process
 * or file left behind, however it ends.
 */
import { setMaxListeners } from 'node:events';
import { constants, rmSync } from 'node:fs';
import { access, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFifo } from '../node/stuck-disk.js';
import { Cluster } from './cluster.js';
import { type Engine, startEngine } from './engine-process.js';
import { DIRECTORY_VARIABLE, Household } from './household.js';
import type { System } from './system.js';
import { unlessStopped } from './waiting.js';

/**
 * Where the nodes' disks are: in memory, where Linux has such a directory and `TMPDIR` says nothing else. A dozen nodes that all
 * sync their logs to the one disk of a small machine make it stall, and then what is measured is that.
 */
const IN_MEMORY = '/dev/shm';

export interface Stage {
  readonly engine: Engine;
  readonly cluster: Cluster;
  /** What the processes said last, for a failure whose cause is not plain. */
  readonly lastWords: () => string;
}

export interface StageOptions {
  readonly system: System;
  /** Aborted, with the reason, when a process dies that nobody asked to. */
  readonly stop: AbortController;
  /** More words for `panorama engine`: `--judge majority`. */
  readonly engineWords?: readonly string[];
  /** Where the cluster sends its telemetry instead of to the engine, given the engine's address; for who records it. */
  readonly sendTo?: (engine: Engine) => Promise<{ readonly url: string; readonly protocol: string }>;
  readonly onEngine?: (engine: Engine) => void;
}

/** Sets up an engine and a cluster, lets `play` use them, and clears everything away. */
export async function onStage<Result>(options: StageOptions, play: (stage: Stage) => Promise<Result>): Promise<Result> {
  const { system, stop } = options;
  // Each node is waited for, and all of them at a time.
  setMaxListeners(0, stop.signal);
  const household = new Household(stop);
  let directory: string | undefined;
  let cluster: Cluster | undefined;
  const lastMoment = (): void => {
    household.killAll();
    remove(directory);
  };
  process.on('exit', lastMoment);
  try {
    directory = await makeDirectory();
    const engine = await startEngine(household, { [DIRECTORY_VARIABLE]: directory }, stop.signal, options.engineWords);
    options.onEngine?.(engine);
    const target = (await options.sendTo?.(engine)) ?? { url: engine.otlpUrl, protocol: 'grpc' };
    cluster = new Cluster(system, household, { otlpUrl: target.url, otlpProtocol: target.protocol, directory });
    await unlessStopped(cluster.start(stop.signal), stop.signal);
    return await play({ engine, cluster, lastWords: () => household.lastWords() });
  } catch (error) {
    const words = household.lastWords();
    if (words !== '' && error instanceof Error) error.cause ??= words;
    throw error;
  } finally {
    cluster?.close();
    await household.close();
    remove(directory);
    process.off('exit', lastMoment);
  }
}

/** The place for the nodes' files, and the proof that a FIFO can be made there, before anything is started. */
async function makeDirectory(): Promise<string> {
  const parent = process.env['TMPDIR'] === undefined && (await isWritable(IN_MEMORY)) ? IN_MEMORY : tmpdir();
  const directory = await mkdtemp(join(parent, 'hadoop-like-')).catch((error: unknown) => {
    throw new Error(`cannot make a temporary directory in ${parent} (${error}); set TMPDIR to one that can be written`);
  });
  try {
    await makeFifo(join(directory, 'proof'));
  } catch (error) {
    remove(directory);
    throw error;
  }
  return directory;
}

function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}

function remove(directory: string | undefined): void {
  if (directory) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

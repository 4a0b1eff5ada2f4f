// SPDX-License-Identifier: Apache-2.0
/**
 * The thread by which a datanode serves a namenode: it makes itself known, reports its blocks, sends heartbeats and does what the
 * answers ask for. It has a port of the namenode, and so a connection, of its own. HDFS: `BPServiceActor`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { callJson } from '../node/http-call.js';
import { scaled } from '../node/time-scale.js';
import type { BlockPool } from './block-pool.js';
import { HEARTBEAT_INTERVAL_MS } from './failure-detector.js';
import type { BlockReport, DatanodeAddress, DatanodeCommands, NamespaceInfo } from './protocol.js';

/** Deadline of one call. A late heartbeat is not repeated; the next is due anyway. */
const TIMEOUT_MS = scaled(60_000);

export interface ServiceActorOptions {
  /** `host:port` of the namenode's port for datanodes. */
  readonly namenode: string;
  readonly self: DatanodeAddress;
  /** Makes the namespace's block pool ready, if it can; `undefined` where it cannot, and the datanode goes on. */
  readonly initBlockPool: (info: NamespaceInfo) => Promise<BlockPool | undefined>;
}

export class ServiceActor {
  readonly #options: ServiceActorOptions;
  #pool: BlockPool | undefined;

  constructor(options: ServiceActorOptions) {
    this.#options = options;
  }

  /** Makes the datanode known, and says what it holds. */
  async register(): Promise<void> {
    const { self, initBlockPool } = this.#options;
    this.#pool = await initBlockPool(await this.#post<NamespaceInfo>('registrations', self));
    if (!this.#pool) return;
    const report: BlockReport = { name: self.name, replicas: await this.#pool.volume.replicas() };
    await this.#post('block-reports', report);
  }

  /** Sends heartbeats for as long as the process lives. What fails is the namenode's to notice. */
  async offerService(): Promise<never> {
    for (;;) {
      await Promise.all([this.#beat().catch(() => {}), delay(HEARTBEAT_INTERVAL_MS)]);
    }
  }

  async #beat(): Promise<void> {
    const commands = await this.#post<DatanodeCommands>('heartbeats', { name: this.#options.self.name });
    if (commands.register) await this.register();
    for (const blockId of commands.invalidate) await this.#pool?.volume.remove(blockId);
  }

  #post<Answer>(path: string, body: object): Promise<Answer> {
    const url = `http://${this.#options.namenode}/${path}`;
    return callJson<Answer>({ method: 'POST', url, timeoutMs: TIMEOUT_MS, body });
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Asks every datanode for its `GET /health` once a second, as an orchestrator or a load balancer would. It is the
 * second detector of the cluster, and as honest as the first: the route answers as long as the process can answer.
 */
import { call } from '../node/http-call.js';
import type { DatanodeBelief } from './failure-detector.js';
import type { PipelineNode } from './pipeline.js';

const POLL_INTERVAL_MS = 1000;

/** Deadline of one check: short, as liveness probes have it. */
const POLL_TIMEOUT_MS = 500;

/** How the checks of one datanode went, from the beginning. */
export interface HealthChecks {
  readonly okCount: number;
  readonly failedCount: number;
  /** Whether the latest check was answered. */
  readonly isGreen: boolean;
}

/** What the namenode says of one datanode in `GET /datanodes`: the word of both its detectors. */
export interface DatanodeReport extends DatanodeBelief {
  readonly health: HealthChecks;
}

const NEVER_CHECKED: HealthChecks = { okCount: 0, failedCount: 0, isGreen: false };

export class HealthPoller {
  readonly #checks = new Map<string, HealthChecks>();

  /** @param targets the datanodes to ask, asked anew each second */
  constructor(targets: () => readonly PipelineNode[]) {
    setInterval(() => {
      for (const target of targets()) void this.#check(target);
    }, POLL_INTERVAL_MS);
  }

  /** The checks of one datanode. */
  checksOf(name: string): HealthChecks {
    return this.#checks.get(name) ?? NEVER_CHECKED;
  }

  async #check({ name, url }: PipelineNode): Promise<void> {
    const isGreen = await call({ method: 'GET', url: `${url}/health`, timeoutMs: POLL_TIMEOUT_MS }).then(
      () => true,
      () => false,
    );
    const { okCount, failedCount } = this.checksOf(name);
    this.#checks.set(name, {
      okCount: okCount + (isGreen ? 1 : 0),
      failedCount: failedCount + (isGreen ? 0 : 1),
      isGreen,
    });
  }
}

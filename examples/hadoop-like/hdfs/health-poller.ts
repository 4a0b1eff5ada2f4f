// SPDX-License-Identifier: Apache-2.0
/**
 * Asks every datanode for its `GET /health` once a second, as an orchestrator or a load balancer would. It is the second detector of
 * the cluster, and as honest as the first: the route answers as long as the process can answer.
 */
import { call } from '../node/http-call.js';
import type { DatanodeBelief } from './failure-detector.js';
import type { DatanodeAddress } from './protocol.js';

const POLL_INTERVAL_MS = 1000;

/** Deadline of one check: short, as liveness probes have it. */
const POLL_TIMEOUT_MS = 500;

/** What the namenode says of one datanode in `GET /datanodes`: the word of both its detectors. */
export interface DatanodeReport extends DatanodeBelief {
  /** Whether the latest check was answered. */
  readonly isGreen: boolean;
}

export class HealthPoller {
  readonly #green = new Map<string, boolean>();

  /** @param targets the datanodes to ask, asked anew each second */
  constructor(targets: () => readonly DatanodeAddress[]) {
    setInterval(() => {
      for (const target of targets()) void this.#check(target);
    }, POLL_INTERVAL_MS);
  }

  /** Beliefs with the latest checks beside them. */
  reports(beliefs: readonly DatanodeBelief[]): readonly DatanodeReport[] {
    return beliefs.map((belief) => ({ ...belief, isGreen: this.#green.get(belief.name) ?? false }));
  }

  async #check({ name, url }: DatanodeAddress): Promise<void> {
    const isGreen = await call({ method: 'GET', url: `${url}/health`, timeoutMs: POLL_TIMEOUT_MS }).then(
      () => true,
      () => false,
    );
    this.#green.set(name, isGreen);
  }
}

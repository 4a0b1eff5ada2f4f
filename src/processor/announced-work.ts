// SPDX-License-Identifier: Apache-2.0
/** What the host says of work that has no client span: the terms of `observer`. */
import type { HealthStatusName } from '../model/status.js';

/** Of whom, and doing what. One of `subject` and `part` is needed. */
export interface Work {
  /** Whom it concerns: `service`, `service/instance`, or `host:port`. */
  readonly subject?: string | undefined;
  /** A part of this process: the subject is `service/instance#part`. */
  readonly part?: string | undefined;
  /** Low cardinality, such as `enqueue` or `flush`. */
  readonly operation: string;
}

/** Work that begins, and how long it takes. */
export interface AnnouncedWork extends Work {
  /**
   * How long it takes as a rule, in ms: it is reported as it hangs at 1.9 times that, whatever its like took before. Without it the
   * like of it tells, and as long as none has ever ended, nothing does.
   */
  readonly expectedMs?: number | undefined;
}

/** Work that is out. The first word counts; later ones change nothing. */
export interface Pending {
  /** It ended well. */
  healthy(): void;
  /** It failed. The error's code, name and message are told. */
  unhealthy(error?: unknown): void;
  /** It is over, and nothing was learned of the subject: whoever looked could not see, or does not wait any longer. */
  unknown(): void;
}

/** What happens where there is nobody to tell, or nothing sensible to tell of. */
export const INERT: Pending = { healthy: () => undefined, unhealthy: () => undefined, unknown: () => undefined };

/** What was seen of somebody, said outright. */
export interface Report extends Work {
  readonly status: HealthStatusName;
  readonly error?: unknown;
  /** How long it took, in ms. Default 0. */
  readonly latencyMs?: number | undefined;
}

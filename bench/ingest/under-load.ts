// SPDX-License-Identifier: Apache-2.0
/** Whoever takes the load: the engine, or what it is compared with. */
import type { Transport } from './load-message.js';
import type { LoopDelay } from './loop-delay.js';

export interface UnderLoad {
  readonly name: string;
  readonly pid: number;
  /** `host:port` of its receivers. */
  readonly receivers: Readonly<Record<Transport, string>>;
  /** `host:port` of the engine's API. */
  readonly api?: string | undefined;
  /** Of its event loop since this was last asked, where it has one. */
  readonly loopDelay?: (() => Promise<LoopDelay>) | undefined;
  readonly end: () => Promise<void>;
}

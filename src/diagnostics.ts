// SPDX-License-Identifier: Apache-2.0
/**
 * What the guest has to say goes to the diagnostics logger of OpenTelemetry, and that is the host's: it may throw, and so
 * may an error when it is shown. Neither is a reason to throw into the host from where something has gone wrong already.
 */
import { diag } from '@opentelemetry/api';

/** @param message made here, since even that may throw where it shows a value of somebody else's */
export function say(level: 'warn' | 'error', message: () => string, error?: unknown): void {
  try {
    diag[level](`panorama: ${message()}`, ...(error === undefined ? [] : [error]));
  } catch {
    // Nobody is left to tell. What it was about is counted.
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * What is wrong with a set-up is said as a warning of the process, once, when it starts. OpenTelemetry's diagnostics
 * logger would be the place, but nobody hears it before the SDK has been built, and by default nobody at all.
 */
export function complain(message: string): void {
  process.emitWarning(message, 'PanoramaWarning');
}

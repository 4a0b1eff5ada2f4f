// SPDX-License-Identifier: Apache-2.0
/**
 * Metrics of a process that say whether it was itself held up, by their names in the semantic conventions: an observer whose
 * loop stood still has timeouts that are nobody's fault, and a subject that collects garbage for seconds is slow for a
 * reason. They are kept for detectors to come; whatever else is sent is counted and forgotten.
 *
 * Source: OpenTelemetry semantic conventions 1.4x, runtime metrics of Node.js, V8, JVM, Go, .NET and CPython, `process.*`.
 */

/** How the points of one metric in one request become one value: `max` of parts that stand beside each other, `sum` of shares. */
export type Combination = 'max' | 'sum';

export const RUNTIME_METRICS: Readonly<Record<string, Combination>> = {
  // How late the event loop was, in seconds, and how much of the time it was busy, from 0 to 1.
  'nodejs.eventloop.delay.p99': 'max',
  'nodejs.eventloop.delay.max': 'max',
  'nodejs.eventloop.utilization': 'max',
  // Pauses: seconds since the start or since the last export, as the exporter's temporality has it.
  'v8js.gc.duration': 'sum',
  'jvm.gc.duration': 'sum',
  'dotnet.gc.pause.time': 'sum',
  'go.schedule.duration': 'sum',
  // Of the processors that it may use, from 0 to 1; by mode, whose shares add up.
  'process.cpu.utilization': 'sum',
  'jvm.cpu.recent_utilization': 'max',
};

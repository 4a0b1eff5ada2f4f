// SPDX-License-Identifier: Apache-2.0
/** The metrics of the engine's process, by OpenTelemetry's own names where it has any. */
import { byName, type HistogramRow, type MetricRow } from './metric-row.js';

/** The boundaries are those of OpenTelemetry's conventions. */
export const GC_DURATION: HistogramRow = {
  name: 'v8js.gc.duration',
  unit: 's',
  description: 'How long collections of garbage took.',
  attributes: ['v8js.gc.type'],
  boundaries: [0.01, 0.1, 1, 10],
};

export const PROCESS_METRIC_ROWS: readonly MetricRow[] = [
  {
    name: 'process.uptime',
    kind: 'gauge',
    unit: 's',
    description: 'How long the engine has been running.',
    read: ({ uptimeMs }) => uptimeMs / 1000,
  },
  {
    name: 'process.cpu.time',
    kind: 'counter',
    unit: 's',
    description: 'CPU time that the process has used.',
    attributes: ['cpu.mode'],
    read: ({ process: { cpuUserSeconds: user, cpuSystemSeconds: system } }) => byName({ user, system }, 'cpu.mode'),
  },
  {
    name: 'process.memory.usage',
    kind: 'up-down counter',
    unit: 'By',
    description: 'Memory of the process that is in RAM (RSS).',
    read: (status) => status.process.rssBytes,
  },
  {
    name: 'v8js.memory.heap.used',
    kind: 'up-down counter',
    unit: 'By',
    description: 'Heap in use, by V8’s spaces.',
    attributes: ['v8js.heap.space.name'],
    read: (status) => byName(status.process.heapUsedBytes, 'v8js.heap.space.name'),
  },
  {
    name: 'panorama.engine.heap.limit',
    kind: 'up-down counter',
    unit: 'By',
    description: 'Heap past which Node gives up; `--max-old-space-size` sets it.',
    read: (status) => status.process.heapLimitBytes,
  },
  {
    name: 'nodejs.eventloop.delay.p50',
    kind: 'gauge',
    unit: 's',
    description: 'How late the event loop was in the last one to two minutes: half of the time less than this.',
    read: (status) => status.process.loopDelay.p50Seconds,
  },
  {
    name: 'nodejs.eventloop.delay.p99',
    kind: 'gauge',
    unit: 's',
    description: 'The same: 1 % of the time more than this.',
    read: (status) => status.process.loopDelay.p99Seconds,
  },
  {
    name: 'nodejs.eventloop.delay.max',
    kind: 'gauge',
    unit: 's',
    description: 'The same: at worst.',
    read: (status) => status.process.loopDelay.maxSeconds,
  },
  {
    name: 'nodejs.eventloop.utilization',
    kind: 'gauge',
    unit: '1',
    description: 'Share of the time in which the event loop was at work, since the start.',
    read: (status) => status.process.loopUtilization,
  },
];

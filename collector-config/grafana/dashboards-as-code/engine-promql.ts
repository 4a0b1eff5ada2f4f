// SPDX-License-Identifier: Apache-2.0
/** What the dashboard of the engine itself asks, of the metrics in `docs/metrics.md`. `$engine` is a variable of it. */
import { orZero } from './promql.js';

const ENGINE = 'instance=~"$engine"';
const rate = (metric: string, by: string, where = ENGINE): string =>
  `sum by (${by}) (rate(${metric}{${where}}[$__rate_interval]))`;
const total = (metric: string): string => `sum by (instance) (${metric}{${ENGINE}})`;
const most = (metric: string): string => `max by (instance) (${metric}{${ENGINE}})`;
const requests = 'panorama_engine_requests_total';

export const ENGINE_SELF = {
  uptime: most('process_uptime_seconds'),
  subjects: total('panorama_engine_subjects'),
  observers: total('panorama_engine_observers'),
  views: total('panorama_engine_views'),
  viewShare: `${total('panorama_engine_views')} / ${total('panorama_engine_views_limit')}`,
  refusedShare: orZero(
    `sum(rate(${requests}{${ENGINE}, code!="ok"}[$__rate_interval])) / sum(rate(${requests}{${ENGINE}}[$__rate_interval]))`,
  ),
  journalFailing: most('panorama_engine_journal_failing'),
  /** Engines whose verdicts arrive: each always says how many pairs it leaves out. */
  bridges: orZero('count(panorama_views_left_out)'),
  spans: rate('panorama_engine_spans_total', 'role'),
  unobserved: rate('panorama_engine_spans_unobserved_total', 'reason'),
  late: rate('panorama_engine_spans_late_total', 'instance'),
  requests: rate(requests, 'transport, signal, code'),
  bytes: rate('panorama_engine_received_bytes_total', 'transport, signal'),
  duration: (quantile: number): string =>
    `histogram_quantile(${quantile}, sum by (le) (rate(panorama_engine_request_duration_seconds_bucket{${ENGINE}}[$__rate_interval])))`,
  inFlight: total('panorama_engine_admission_usage_bytes'),
  inFlightShare: `${total('panorama_engine_admission_usage_bytes')} / ${total('panorama_engine_admission_limit_bytes')}`,
  evictedViews: rate('panorama_engine_views_evicted_total', 'instance'),
  heldSpans: total('panorama_engine_spans_held'),
  heldTraces: total('panorama_engine_traces_held'),
  evidence: total('panorama_engine_evidence'),
  transitions: rate('panorama_engine_transitions_total', 'instance'),
  cpu: rate('process_cpu_time_seconds_total', 'instance, cpu_mode'),
  memory: total('process_memory_usage_bytes'),
  heap: total('v8js_memory_heap_used_bytes'),
  heapShare: `${total('v8js_memory_heap_used_bytes')} / ${total('panorama_engine_heap_limit_bytes')}`,
  loopDelay: (which: 'p50' | 'p99' | 'max'): string => most(`nodejs_eventloop_delay_${which}_seconds`),
  loopBusy: most('nodejs_eventloop_utilization_ratio'),
  gc: rate('v8js_gc_duration_seconds_sum', 'v8js_gc_type'),
  decoders: total('panorama_engine_decoder_threads'),
  decodersLost: rate('panorama_engine_decoder_lost_total', 'instance'),
  journalWaiting: total('panorama_engine_journal_waiting'),
  journalLost: rate('panorama_engine_journal_lost_total', 'record'),
} as const;

// SPDX-License-Identifier: Apache-2.0
/** The door `panorama-otel/processor`: the span processor that makes observations of client spans. */
export type { Clock, Random, Timer } from '../model/clock.js';
export type { OperationRule } from '../observe/operation.js';
export type { ObserveRules, OutcomeOverride } from '../observe/rules.js';
export type { SubjectRule } from '../observe/subject.js';
export type { AnnouncedWork, Pending, Report, Work } from './announced-work.js';
export type { ProcessorCounts } from './counts.js';
export { type HostObserver, observer } from './host-observer.js';
export type { Observer } from './observer.js';
export type { PanoramaSpanProcessorOptions } from './options.js';
export { PanoramaSpanProcessor } from './panorama-span-processor.js';

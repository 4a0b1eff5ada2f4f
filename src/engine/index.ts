// SPDX-License-Identifier: Apache-2.0
/** The door `panorama-otel/engine`: the engine inside a program of your own, and the parts to build another with. */
export type { Clock } from '../model/clock.js';
export { type ErrorCode, PanoramaError } from '../model/errors.js';
export { HealthStatus, statusName } from '../model/status.js';
export type { Transition, Verdict, ViewSummary } from '../model/verdict.js';
export type { Panorama, View, ViewEntry } from '../model/view.js';
export type { ObserveRules, OutcomeOverride } from '../observe/rules.js';
export { Engine, type EngineParts } from './engine.js';
export type { EngineCounts, EngineReader, SubjectReport, TransitionPage } from './engine-reader.js';
export { type RunningEngine, type StartEngineParts, startEngine } from './main.js';
export type { EngineOptionsInput } from './options.js';
export { MemoryStore } from './store/memory-store.js';
export type { Store } from './store/store.js';
export type { Judge, Judgement } from './verdict/judge.js';
export { MajorityJudge, type MajorityOptions } from './verdict/majority.js';

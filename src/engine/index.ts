// SPDX-License-Identifier: Apache-2.0
/** The door `panorama-otel/engine`: the engine inside a program of your own, and the parts to build another with. */
export type { Clock } from '../model/clock.js';
export { type ErrorCode, PanoramaError } from '../model/errors.js';
export type { Observation } from '../model/observation.js';
export { HealthStatus, statusName } from '../model/status.js';
export type { Transition, Verdict, ViewSummary } from '../model/verdict.js';
export type { ObserveRules, OutcomeOverride } from '../observe/rules.js';
export { Engine, type EngineParts } from './engine.js';
export type { EngineCounts, EngineReader, SubjectReport, TransitionPage } from './engine-reader.js';
export type {
  HistoryPage,
  HistoryQuery,
  Journal,
  JournalBatch,
  JournalProgress,
  JournalStatus,
  NegativeEvidence,
  OpenedJournal,
  Recovered,
  ViewCheckpoint,
  ViewKey,
  ViewRecord,
} from './journal/journal.js';
export { MemoryJournal } from './journal/memory-journal.js';
export { SqliteJournal, type SqliteJournalOptions } from './journal/sqlite-journal.js';
export { Judging, type JudgingParts } from './judging.js';
export { type RunningEngine, type StartEngineParts, startEngine } from './main.js';
export type { EngineOptionsInput } from './options.js';
export { RecordedFile } from './recording/recorded-file.js';
export { type RecordedRequest, requestsIn } from './recording/recorded-requests.js';
export { type Replayed, type ReplayedState, type ReplayParts, replay } from './replay.js';
export type { PanoramasOptions } from './store/panoramas.js';
export type { Judge, Reading, Seen } from './verdict/judge.js';
export { MajorityJudge, type MajorityOptions } from './verdict/majority.js';
export { JUDGE_NAMES, type JudgeName, judgeOf } from './verdict/presets.js';
export { SequentialJudge } from './verdict/sequential.js';
export type { SequentialOptions } from './verdict/sequential-options.js';

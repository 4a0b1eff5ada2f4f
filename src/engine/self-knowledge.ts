// SPDX-License-Identifier: Apache-2.0
/** What the API may ask an engine about itself: its numbers, its metrics, and the doctor's opinion of both. */
import { VERSION } from '../version.js';
import type { SelfKnowledge } from './api/routes.js';
import { diagnose } from './doctor/diagnosis.js';
import type { EngineReader } from './engine-reader.js';
import type { EngineTelemetry } from './telemetry/engine-telemetry.js';

/** @param traceUrl as the option: empty for none */
export function selfKnowledgeOf(reader: EngineReader, telemetry: EngineTelemetry, traceUrl: string): SelfKnowledge {
  return {
    isReady: () => telemetry.isReady(),
    about: () => ({
      version: VERSION,
      startedMs: telemetry.startedMs,
      traceUrl: traceUrl === '' ? null : traceUrl,
      history: reader.journalStatus().kind,
    }),
    status: () => telemetry.status(),
    metrics: () => telemetry.metrics(),
    diagnosis: () =>
      diagnose({
        status: telemetry.status(),
        before: telemetry.statusBefore(),
        setUp: reader.setUp(),
        verdicts: reader.verdicts(),
      }),
  };
}

// SPDX-License-Identifier: Apache-2.0
/** An engine under observation: with its telemetry and its doctor, on a clock that the test owns, and without sockets. */
import type { SelfKnowledge } from '../../src/engine/api/routes.js';
import type { Diagnosis } from '../../src/engine/doctor/diagnosis.js';
import type { Finding } from '../../src/engine/doctor/finding.js';
import { Engine, type EngineParts } from '../../src/engine/engine.js';
import { Admission } from '../../src/engine/ingest/admission.js';
import { selfKnowledgeOf } from '../../src/engine/self-knowledge.js';
import { EngineTelemetry } from '../../src/engine/telemetry/engine-telemetry.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { FakeClock } from './fake-clock.js';

export class Ward {
  readonly clock = new FakeClock();
  readonly engine: Engine;
  readonly telemetry: EngineTelemetry;
  readonly self: SelfKnowledge;
  /** Whether the engine takes spans. */
  isReady = true;
  otlpGrpc = '127.0.0.1:4317';
  /** How threads that decode would fare. */
  readonly decoders = { readyCount: 0, lostCount: 0, handedOverCount: 0 };

  constructor(parts: Partial<EngineParts> = {}) {
    this.engine = new Engine({ judge: new MajorityJudge(), clock: this.clock, ...parts });
    this.telemetry = new EngineTelemetry({
      clock: this.clock,
      reader: this.engine,
      listening: () => (this.isReady ? { otlpGrpc: this.otlpGrpc, otlpHttp: '127.0.0.1:4318' } : undefined),
      admission: new Admission(),
      decoders: this.decoders,
      viewCountMax: parts.viewCountMax ?? 50_000,
      scheme: 'http',
      signals: { logRecords: 0, errorLogs: 0, dataPoints: 0 },
    });
    this.telemetry.start();
    this.self = selfKnowledgeOf(this.engine, this.telemetry, 'https://traces.example/{traceId}');
  }

  diagnosis(): Diagnosis {
    return this.self.diagnosis();
  }

  /** The finding with that code, if there is one. */
  finding(code: string): Finding | undefined {
    return this.diagnosis().findings.find((each) => each.code === code);
  }

  /** Whether that was looked at and nothing found. */
  isWell(code: string): boolean {
    return this.diagnosis().well.some((each) => each.code === code);
  }

  close(): void {
    this.telemetry.stop();
  }
}

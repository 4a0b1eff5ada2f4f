// SPDX-License-Identifier: Apache-2.0
/**
 * The process that writes a history until its file is large enough, says so, and waits to be killed.
 *
 *     node history-writer.js FILE BYTES
 */
import { statSync } from 'node:fs';
import {
  HealthStatus,
  type NegativeEvidence,
  SqliteJournal,
  type Transition,
  type Verdict,
  type ViewRecord,
} from 'panorama-otel/engine';
import { LAYOUT } from './recovery.js';

/** A cluster of some size: each observer calls each subject in two operations. */
const SUBJECT_COUNT = 200;
const OBSERVER_COUNT = 50;
const OPERATIONS = ['GET /items/{id}', 'POST /orders'];
const CELL_COUNT = 24;

/** Records of a round, and of both kinds as an outage makes them: many views fail for each verdict that changes. */
const TRANSITIONS_PER_ROUND = 200;
const EVIDENCE_PER_ROUND = 2000;

/** Rounds between two looks at the size of the file. */
const ROUNDS_PER_LOOK = 10;

const [, , file = '', bytes] = process.argv;
// What listens is not let go of by the process, as a journal is.
process.on('message', () => undefined);
const { journal } = await SqliteJournal.open({ path: file, layout: LAYOUT, bytesMax: Number.MAX_SAFE_INTEGER });
// The last of a month, so that nothing is too old.
let atMs = performance.timeOrigin - 20 * 86_400_000;
let seq = Math.floor(atMs);
let records = 0;
let wake: (durableSeq: number) => void = () => undefined;
journal.onProgress(({ durableSeq }) => wake(durableSeq));

for (let round = 1; ; round++) {
  const transitions = Array.from({ length: TRANSITIONS_PER_ROUND }, transition);
  const evidence = Array.from({ length: EVIDENCE_PER_ROUND }, (_, index) =>
    evidenceAt(round * EVIDENCE_PER_ROUND + index),
  );
  await written(transitions, evidence, []);
  if (round % ROUNDS_PER_LOOK === 0 && statSync(file).size >= Number(bytes)) break;
}
for (let subject = 0; subject < SUBJECT_COUNT; subject++) await written([transition()], [], viewsOf(subject));
process.send?.(records);

async function written(transitions: Transition[], evidence: NegativeEvidence[], views: ViewRecord[]): Promise<void> {
  const last = transitions.at(-1)?.seq ?? 0;
  await new Promise<void>((resolve) => {
    wake = (durableSeq) => {
      if (durableSeq >= last) resolve();
    };
    journal.write({ transitions, evidence, views });
  });
  records += transitions.length + evidence.length + views.length;
}

function transition(): Transition {
  seq++;
  atMs++;
  const isIll = seq % 2 === 0;
  const status = isIll ? HealthStatus.UNHEALTHY : HealthStatus.HEALTHY;
  const observers = Array.from({ length: OBSERVER_COUNT }, (_, index) => observerOf(index));
  const [observersFor, observersAgainst] = isIll ? [[], observers] : [observers, []];
  const verdict: Verdict = {
    ...{ environment: 'production', subject: subjectOf(Math.floor(seq / 2)), resolution: 'instance' },
    ...{ status, split: [] },
    ...{
      failure: isIll ? 'crash' : 'none',
      sinceMs: atMs,
      judgedMs: atMs,
      systemView: HealthStatus.NA,
      confidence: 0.98,
    },
    operations: OPERATIONS.map((operation) => ({ operation, status, observersFor, observersAgainst })),
    ...{ observersFor, observersAgainst, observersDoubted: [], reason: isIll ? 'timeout' : 'ok' },
    ...{ blame: undefined, suspicion: undefined, instances: undefined },
    evidence: isIll ? Array.from({ length: 8 }, (_, index) => traceOf(seq + index)) : [],
  };
  const from = { status: isIll ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY, failure: 'none' } as const;
  return { seq, atMs, from, cause: undefined, verdict };
}

function evidenceAt(number: number): NegativeEvidence {
  return {
    ...{ environment: 'production', subject: subjectOf(number), observer: observerOf(number % OBSERVER_COUNT) },
    ...{
      operation: OPERATIONS[number % 2] as string,
      status: HealthStatus.UNHEALTHY,
      reason: 'timeout',
      count: 3,
      atMs,
    },
    ...traceOf(number),
  };
}

function viewsOf(subject: number): ViewRecord[] {
  return Array.from({ length: OBSERVER_COUNT * OPERATIONS.length }, (_, index) => ({
    ...{
      environment: 'production',
      subject: subjectOf(subject),
      resolution: 'instance',
      source: 'caller',
      lastMs: atMs,
    },
    ...{ observer: observerOf(index >> 1), operation: OPERATIONS[index % 2] as string },
    cells: Float64Array.from({ length: CELL_COUNT }, (_, cell) => cell / 7 + index),
  }));
}

function subjectOf(number: number): string {
  return `shop:backend-${number % 20}/pod-${number % SUBJECT_COUNT}`;
}

function observerOf(number: number): string {
  return `shop:frontend-${number % 5}/pod-${number}`;
}

function traceOf(number: number) {
  const traceId = (number * 2_654_435_761).toString(16).padStart(32, '0').slice(-32);
  return {
    traceId,
    spanId: traceId.slice(-16),
    errorType: 'TimeoutError',
    message: 'The operation was aborted due to timeout',
  };
}

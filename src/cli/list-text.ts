// SPDX-License-Identifier: Apache-2.0
/** Lists as they read in a terminal: subjects, observers, single pieces of evidence. */
import type { EvidenceJson, ObserverJson, SubjectJson } from '../engine/api/shapes.js';
import { ageText, type Paint, table } from './text.js';
import { nameIn } from './verdict-text.js';

export function subjectTable(subjects: readonly SubjectJson[], nowMs: number, paint: Paint): string {
  return table(
    ['SUBJECT', 'KNOWN AS', 'STATUS', 'FAILURE', 'SINCE', 'OPERATIONS', 'OBSERVERS'],
    subjects.map((subject) => [
      nameIn(subject),
      subject.resolution,
      subject.status,
      subject.failure,
      ageText(nowMs - subject.sinceMs),
      String(subject.operationCount),
      String(subject.observerCount),
    ]),
    (text, row, column) => (column === 2 ? paint.status((subjects[row] as SubjectJson).status, text) : text),
  );
}

export function observerTable(observers: readonly ObserverJson[], nowMs: number): string {
  return table(
    ['OBSERVER', 'SPEAKS AS', 'GUEST', 'SUBJECTS', 'COMPLAINTS', 'TRUST', 'SUSPECTED'],
    observers.map(({ observer, environment, source, isGuest, subjectCount, complaintCount, trust, suspicion }) => [
      nameIn({ subject: observer, environment }),
      source,
      isGuest ? 'yes' : 'no',
      String(subjectCount),
      String(complaintCount),
      trust.toFixed(2),
      suspicion ? `${suspicion.reason} for ${ageText(nowMs - suspicion.sinceMs)}` : '',
    ]),
  );
}

/** Evidence in the order given. Without a trace there is none to look at, and the columns for it stay empty. */
export function evidenceTable(evidence: readonly EvidenceJson[], paint: Paint): string {
  return table(
    ['AT (UTC)', 'OBSERVER', 'OPERATION', 'STATUS', 'REASON', 'CALLS', 'TRACE', 'ERROR'],
    evidence.map(
      ({ atMs, environment, observer, operation, status, reason, count, traceId = '', errorType, message }) => [
        new Date(atMs).toISOString().replace('T', ' ').replace('Z', ''),
        nameIn({ subject: observer, environment }),
        operation,
        status,
        reason,
        String(count),
        traceId,
        [errorType, message].filter(Boolean).join(': '),
      ],
    ),
    (text, row, column) => (column === 3 ? paint.status((evidence[row] as EvidenceJson).status, text) : text),
  );
}

// SPDX-License-Identifier: Apache-2.0
/** Verdicts, changes and evidence as the API tells them, of which a test says only what matters to it. */
import type { EventJson, EvidenceJson, VerdictJson } from '../../../src/engine/api/shapes.js';

export function verdictOf(parts: Partial<VerdictJson> & { readonly subject: string }): VerdictJson {
  return {
    ...{ environment: '', resolution: 'instance', status: 'healthy', failure: 'none', reason: 'ok', split: [] },
    ...{ sinceMs: 0, judgedMs: 0, operations: [], observersFor: [], observersAgainst: [], observersDoubted: [] },
    ...{ systemView: 'na', confidence: 0, evidence: [], blame: undefined, suspicion: undefined, instances: undefined },
    ...parts,
  };
}

/** Somebody who fails in one operation, by somebody's fault. */
export function illOf(subject: string, root: string = subject, parts: Partial<VerdictJson> = {}): VerdictJson {
  return verdictOf({
    ...{ subject, status: 'unhealthy', failure: 'gray', reason: 'timeout' },
    blame: { root, path: [subject, root], share: 1 },
    operations: [{ operation: 'POST /write', status: 'unhealthy', observersFor: [], observersAgainst: ['web/w1'] }],
    ...parts,
  });
}

/** A change at a time, from being well if nothing else is said. Its verdict holds since then if nothing else is said. */
export function eventOf(
  seq: number,
  atMs: number,
  verdict: Partial<VerdictJson> & { readonly subject: string },
  from: EventJson['from'] = { status: 'healthy', failure: 'none' },
): EventJson {
  return { seq, atMs, from, cause: null, verdict: verdictOf({ sinceMs: atMs, ...verdict }) };
}

export function evidenceOf(parts: Partial<EvidenceJson>): EvidenceJson {
  return {
    ...{ environment: '', subject: 'db', observer: 'web', operation: 'GET /', status: 'unhealthy', reason: 'timeout' },
    ...{ count: 1, atMs: 0 },
    ...parts,
  };
}

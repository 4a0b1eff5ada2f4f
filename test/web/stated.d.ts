/** Verdicts, changes and evidence as the API tells them, of which a test says only what matters to it. */
import type { EventJson, EvidenceJson, VerdictJson } from '../../src/engine/api/shapes.js';
export declare function verdictOf(
  parts: Partial<VerdictJson> & {
    readonly subject: string;
  },
): VerdictJson;
/** A change at a time, from being well if nothing else is said. Its verdict holds since then if nothing else is said. */
export declare function eventOf(
  seq: number,
  atMs: number,
  verdict: Partial<VerdictJson> & {
    readonly subject: string;
  },
  from?: EventJson['from'],
): EventJson;
export declare function evidenceOf(parts: Partial<EvidenceJson>): EvidenceJson;

/** Verdicts and changes as the API tells them, for tests of the page. */
import type { EventJson, VerdictJson } from '../../../src/engine/api/shapes.js';
export declare function verdictOf(subject: string, changes?: Partial<VerdictJson>): VerdictJson;
/** Somebody who fails in one operation, by somebody's fault. */
export declare function illOf(subject: string, root?: string, changes?: Partial<VerdictJson>): VerdictJson;
export declare function eventOf(seq: number, verdict: VerdictJson, from?: Partial<EventJson['from']>): EventJson;

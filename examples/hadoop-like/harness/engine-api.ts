// SPDX-License-Identifier: Apache-2.0
/** The engine's HTTP API, as far as the story reads it. The shapes are the engine's; only the fields shown are named. */

/** One verdict. Statuses are wire names: `healthy`, `pending`, `maybe_unhealthy`, `unhealthy`, … */
export interface ApiVerdict {
  readonly subject: string;
  readonly resolution: string;
  readonly status: string;
  readonly failure: string;
  readonly split: readonly string[];
  readonly sinceMs: number;
  readonly judgedMs: number;
  readonly operations: readonly ApiOperation[];
  readonly observersFor: readonly string[];
  readonly observersAgainst: readonly string[];
  readonly systemView: string;
  readonly confidence: number;
  readonly evidence: readonly ApiEvidence[];
  /** Whose fault it is, where it is not the subject's own. */
  readonly blame?: { readonly root: string; readonly path: readonly string[]; readonly share: number };
  readonly reason?: string;
}

export interface ApiOperation {
  readonly operation: string;
  readonly status: string;
  readonly observersFor: readonly string[];
  readonly observersAgainst: readonly string[];
}

export interface ApiEvidence {
  readonly traceId: string;
  readonly spanId: string;
  readonly errorType?: string;
  readonly message?: string;
}

/** What one observer says of a subject in one operation. */
export interface ApiView {
  readonly observer: string;
  readonly operation: string;
  readonly status: string;
  readonly reason: string;
  readonly healthyCount: number;
  readonly failingCount: number;
  readonly sinceMs: number;
  /** When this status was last seen. */
  readonly lastMs: number;
}

/** One change of one subject's verdict. */
export interface ApiTransition {
  readonly seq: number;
  readonly atMs: number;
  readonly from: { readonly status: string; readonly failure: string };
  readonly verdict: ApiVerdict;
}

const TIMEOUT_MS = 2000;

/** Transitions asked for at a time. */
const EVENTS_LIMIT = 500;

/** Statuses that convict. */
const CONVICTIONS: ReadonlySet<string> = new Set(['unhealthy', 'dying', 'dead']);

/** Whether a verdict finds its subject guilty. */
export function isConviction(verdict: ApiVerdict): boolean {
  return CONVICTIONS.has(verdict.status);
}

/** Whom a verdict blames. */
export function culpritOf({ subject, blame }: ApiVerdict): string {
  return blame?.root ?? subject;
}

export class EngineApi {
  readonly url: string;

  /** @param url base URL of the API */
  constructor(url: string) {
    this.url = url;
  }

  /** Whether the engine is ready to take spans. */
  async isReady(): Promise<boolean> {
    const response = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
      () => undefined,
    );
    await response?.arrayBuffer();
    return response?.ok === true;
  }

  /** What is thought of every subject now. */
  async verdicts(): Promise<readonly ApiVerdict[]> {
    return (await this.#get<{ verdicts: ApiVerdict[] }>('/api/v1/verdicts')).verdicts;
  }

  /** What is thought of one subject now; `undefined` where it is not known. */
  async verdictOf(subject: string): Promise<ApiVerdict | undefined> {
    const verdicts = await this.verdicts();
    return verdicts.find((verdict) => verdict.subject === subject);
  }

  /** What each observer says of one subject now; nothing where it is not known. */
  async viewsOf(subject: string): Promise<readonly ApiView[]> {
    const path = `/api/v1/subjects/${encodeURIComponent(subject)}`;
    return (await this.#get<{ views: ApiView[] }>(path)).views;
  }

  /** All transitions after the given sequence number, oldest first, at most 500. */
  async eventsAfter(seq: number): Promise<readonly ApiTransition[]> {
    return (await this.#get<{ events: ApiTransition[] }>(`/api/v1/events?after=${seq}&limit=${EVENTS_LIMIT}`)).events;
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const response = await fetch(this.url + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok) throw new Error(`the engine answered ${response.status} to GET ${path}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as Answer;
  }
}

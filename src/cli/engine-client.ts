// SPDX-License-Identifier: Apache-2.0
/** The engine's HTTP API, as the commands ask it. The command line knows nothing of an engine but this. */
import type {
  AboutJson,
  EvidenceJson,
  ObserverJson,
  ReportJson,
  SubjectJson,
  VerdictJson,
} from '../engine/api/shapes.js';
import type { Diagnosis } from '../engine/doctor/diagnosis.js';
import { systemClock } from '../model/clock.js';
import { ERROR_KINDS, type ErrorCode, PanoramaError } from '../model/errors.js';
import type { Credentials } from './credentials.js';
import { exchange, jsonIn, unreachable, urlIn } from './exchange.js';
import { nearestOf } from './nearest.js';

/** Where the engine's API answers unless told otherwise. */
export const DEFAULT_API_URL = 'http://127.0.0.1:16688';

/** A question is answered from memory, so an engine that takes this long is as good as gone. In ms. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Subjects or lines of evidence of one answer, where they are asked for in pages. */
const PAGE_COUNT = 1000;

/** Which subjects are meant. */
export interface Selection {
  readonly environment?: string | undefined;
  /** Names joined by commas. */
  readonly status?: string | undefined;
  readonly failure?: string | undefined;
}

/** All verdicts, and the number of the last event that they contain. */
export interface VerdictsAnswer {
  readonly verdicts: readonly VerdictJson[];
  readonly seq: number;
}

export interface EvidenceQuery {
  readonly subject: string;
  readonly environment?: string | undefined;
  readonly sinceMs?: number | undefined;
}

/** Whether an engine takes spans, and how long it took to say so. */
export interface Readiness {
  readonly isReady: boolean;
  readonly roundTripMs: number;
}

export class EngineClient {
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly #timeoutMs: number;

  /** @param baseUrl such as `http://127.0.0.1:16688`; `HOST:PORT` will do */
  constructor(baseUrl: string, credentials: Credentials, timeoutMs: number = ANSWER_TIMEOUT_MS) {
    this.baseUrl = urlIn('--api', baseUrl, DEFAULT_API_URL);
    this.credentials = credentials;
    this.#timeoutMs = timeoutMs;
  }

  async verdicts(selection: Selection): Promise<VerdictsAnswer> {
    return (await this.#get('/api/v1/verdicts', { ...selection })) as VerdictsAnswer;
  }

  /** Everything known of a subject. Where nobody knows it, the error names those that are called much like it. */
  async subject(identity: string, environment: string | undefined): Promise<ReportJson> {
    try {
      return (await this.#get(`/api/v1/subjects/${encodeURIComponent(identity)}`, { environment })) as ReportJson;
    } catch (error) {
      if (!(error instanceof PanoramaError)) throw error;
      if (error.code === 'PANO_SUBJECT_UNKNOWN') throw await this.#unknown(identity, environment);
      // The engine speaks to whoever asks over HTTP.
      throw new PanoramaError(error.code, error.message.replace('?environment=', '--environment NAME'), error.cause);
    }
  }

  /** All subjects, a page at a time, so that the engine never makes one answer of a hundred thousand. */
  async *subjects(selection: Selection): AsyncGenerator<SubjectJson> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { ...selection, limit: String(PAGE_COUNT), cursor };
      const page = (await this.#get('/api/v1/subjects', query)) as SubjectPage;
      yield* page.subjects;
      cursor = page.cursor;
    }
  }

  async *observers(environment: string | undefined): AsyncGenerator<ObserverJson> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { environment, limit: String(PAGE_COUNT), cursor };
      const page = (await this.#get('/api/v1/observers', query)) as ObserverPage;
      yield* page.observers;
      cursor = page.cursor;
    }
  }

  /** What did not go well between a subject and its callers, newest first, as far back as it is kept. */
  async *evidence({ subject, environment, sinceMs }: EvidenceQuery): AsyncGenerator<EvidenceJson> {
    const since = sinceMs === undefined ? undefined : String(Math.max(0, Math.floor(sinceMs)));
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { subject, environment, since, limit: String(PAGE_COUNT), cursor };
      const page = (await this.#get('/api/v1/history/evidence', query)) as EvidencePage;
      yield* page.evidence;
      cursor = page.cursor;
    }
  }

  /** What is wrong with how the engine is set up, and with what it is fed. */
  async diagnosis(): Promise<Diagnosis> {
    return (await this.#get('/api/v1/doctor', {})) as Diagnosis;
  }

  /** Which engine it is; `undefined` where it does not tell us. */
  async about(): Promise<AboutJson | undefined> {
    try {
      return (await this.#get('/api/v1/about', {})) as AboutJson;
    } catch (error) {
      const isRefused =
        error instanceof PanoramaError && ERROR_KINDS[error.code].exit === ERROR_KINDS.PANO_FORBIDDEN.exit;
      if (isRefused) return undefined;
      throw error;
    }
  }

  /** This much an engine tells whoever asks. */
  async readiness(): Promise<Readiness> {
    const startMs = systemClock.monotonicMs();
    const { status, body } = await this.#ask('/readyz', {});
    const told = (jsonIn(body) as { status?: unknown } | undefined)?.status;
    if (told !== 'ready' && told !== 'starting') throw this.#stranger(status, '/readyz');
    return { isReady: status === 200, roundTripMs: systemClock.monotonicMs() - startMs };
  }

  async #unknown(identity: string, environment: string | undefined): Promise<PanoramaError> {
    const known: string[] = [];
    for await (const { subject } of this.subjects({})) known.push(subject);
    const near = nearestOf(identity, known);
    const where = environment ? ` in ${environment}` : '';
    const advice = known.includes(identity)
      ? 'it is known in another environment; `panorama list subjects` shows which'
      : near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : '`panorama list subjects` shows who is known';
    return new PanoramaError('PANO_SUBJECT_UNKNOWN', `nobody has reported on ${identity}${where}; ${advice}`);
  }

  async #get(path: string, query: Query): Promise<unknown> {
    const { status, body } = await this.#ask(path, query);
    const answer = jsonIn(body);
    if (status === 200 && answer !== undefined) return answer;
    const told = (answer as { error?: { code?: string; message?: string } } | undefined)?.error;
    if (told?.code !== undefined && Object.hasOwn(ERROR_KINDS, told.code)) {
      throw new PanoramaError(told.code as ErrorCode, String(told.message ?? told.code));
    }
    throw this.#stranger(status, path);
  }

  #stranger(status: number, path: string): PanoramaError {
    return new PanoramaError(
      'PANO_ENGINE_UNREACHABLE',
      `what answers at ${this.baseUrl} is not a Panorama engine (HTTP ${status} for ${path}); check --api`,
    );
  }

  async #ask(path: string, query: Query): Promise<{ status: number; body: string }> {
    const url = new URL(this.baseUrl + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    try {
      return await exchange(url, this.credentials, { timeoutMs: this.#timeoutMs });
    } catch (error) {
      throw unreachable(this.baseUrl, '--api', error as Error);
    }
  }
}

type Query = Readonly<Record<string, string | undefined>>;

interface SubjectPage {
  readonly subjects: readonly SubjectJson[];
  readonly cursor: string | null;
}

interface ObserverPage {
  readonly observers: readonly ObserverJson[];
  readonly cursor: string | null;
}

interface EvidencePage {
  readonly evidence: readonly EvidenceJson[];
  readonly cursor: string | null;
}

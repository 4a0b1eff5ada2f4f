// SPDX-License-Identifier: Apache-2.0
/**
 * The routes of the HTTP API. Read-only: they see the engine through `EngineReader`, and what it knows of itself through
 * `SelfKnowledge`. Every answer but `/metrics` is JSON, errors too, as `{"error": {"code", "message"}}` with the status of the
 * error table.
 */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { type Clock, systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import type { Verdict } from '../../model/verdict.js';
import { CHALLENGE, type Door } from '../access/door.js';
import type { Diagnosis } from '../doctor/diagnosis.js';
import type { EngineReader, ObserverSummary, SubjectReport } from '../engine-reader.js';
import type { EngineStatus } from '../telemetry/engine-status.js';
import { streamEvents } from './event-stream.js';
import { openApi } from './openapi.js';
import { servePage } from './page-files.js';
import { pageOf } from './pages.js';
import {
  environmentIn,
  eventRange,
  historyRange,
  lastEventIdIn,
  observersWanted,
  pairCountIn,
  verdictsWanted,
} from './query.js';
import { type AboutJson, eventJson, evidenceJson, pairJson, reportJson, subjectJson, verdictJson } from './shapes.js';

/** The content type of Prometheus's text format. */
const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** What the engine knows of itself. */
export interface SelfKnowledge {
  /** Whether it takes spans. */
  isReady(): boolean;
  about(): AboutJson;
  status(): EngineStatus;
  diagnosis(): Diagnosis;
  /** Its metrics as Prometheus reads them. */
  metrics(): Promise<string>;
}

export interface ApiParts {
  readonly reader: EngineReader;
  readonly self: SelfKnowledge;
  readonly clock?: Clock | undefined;
  /** Of the page's files; without it there is no page. */
  readonly pageFolder?: string | undefined;
  /** Lets requests in; those for the two health routes and the page's files need no leave. Default: everybody. */
  readonly door?: Pick<Door, 'admit'> | undefined;
  /** Told of faults of our own; what clients get wrong is answered, not logged. */
  readonly onFault?: ((error: PanoramaError) => void) | undefined;
}

export function createApi({ reader, self, clock = systemClock, pageFolder, door, onFault }: ApiParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', 'weak');
  app.set('query parser', 'simple');
  app.use(secureHeaders);
  app.use(revalidated);

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', (_request, response) => {
    const ready = self.isReady();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'starting' });
  });
  if (pageFolder !== undefined) servePage(app, pageFolder);
  // Before every route that tells anything, and before the word that there is none.
  app.use((request: Request, _response: Response, next: NextFunction) => {
    door?.admit(request.headers);
    next();
  });
  app.get('/api/v1/about', (_request, response) => {
    response.json(self.about());
  });
  app.get('/api/v1/verdicts', (request, response) => {
    const { isWanted, ...wanted } = verdictsWanted(request.query);
    const { items, cursor } = pageOf(reader.verdicts().filter(isWanted), nameOfVerdict, wanted);
    // The stream of events goes on from here without a gap.
    response.json({ verdicts: items.map(verdictJson), cursor, seq: reader.lastSeq() });
  });
  app.get('/api/v1/subjects', (request, response) => {
    const { isWanted, ...wanted } = verdictsWanted(request.query);
    const { items, cursor } = pageOf(reader.verdicts().filter(isWanted), nameOfVerdict, wanted);
    response.json({ subjects: items.map(subjectJson), cursor });
  });
  app.get('/api/v1/subjects/*identity', (request, response) => {
    const identity = (request.params['identity'] as unknown as readonly string[]).join('/');
    response.json(reportJson(reportOf(reader, identity, environmentIn(request.query))));
  });
  app.get('/api/v1/observers', (request, response) => {
    const { environment, ...wanted } = observersWanted(request.query);
    const all = reader.observers();
    const known = environment === undefined ? all : all.filter((each) => each.environment === environment);
    const { items, cursor } = pageOf(known, nameOfObserver, wanted);
    response.json({ observers: items, cursor });
  });
  app.get('/api/v1/matrix', (request, response) => {
    const { views, leftOut } = reader.matrix(pairCountIn(request.query));
    response.json({ pairs: views.map(pairJson), leftOut });
  });
  app.get('/api/v1/openapi.json', (_request, response) => {
    response.json(openApi());
  });
  app.get('/api/v1/events', (request, response) => {
    const { after, limit } = eventRange(request.query);
    if (request.accepts(['json', 'text/event-stream']) === 'text/event-stream') {
      const lastId = lastEventIdIn(request.get('last-event-id'));
      const mayGoOn = () => isAdmitted(door, request);
      streamEvents(response, { reader, clock, after: lastId ?? after, mayGoOn });
      return;
    }
    const { transitions, next, truncated } = reader.transitions(after ?? 0, limit);
    response.json({ events: transitions.map(eventJson), next, truncated });
  });
  app.get('/api/v1/history', async (request, response) => {
    const { items, cursor } = await reader.history(historyRange(request.query));
    response.json({ transitions: items.map(eventJson), cursor: cursor ?? null });
  });
  app.get('/api/v1/history/evidence', async (request, response) => {
    const { items, cursor } = await reader.negativeEvidence(historyRange(request.query));
    response.json({ evidence: items.map(evidenceJson), cursor: cursor ?? null });
  });
  app.get('/api/v1/counts', (_request, response) => {
    const { counts, journal, ...rest } = self.status();
    response.json({ ...counts, journal, ...rest });
  });
  app.get('/api/v1/doctor', (_request, response) => {
    response.json(self.diagnosis());
  });
  app.get('/metrics', async (_request, response) => {
    response.type(PROMETHEUS_TEXT).send(await self.metrics());
  });

  app.use((request: Request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new PanoramaError(
        'PANO_METHOD_NOT_ALLOWED',
        `${request.method} is not taken here; the API is read with GET`,
      );
    }
    throw new PanoramaError('PANO_NOT_FOUND', `no route ${request.path}; see docs/http-api.md for those there are`);
  });
  app.use((thrown: unknown, _request: Request, response: Response, next: NextFunction) => {
    const error = errorOf(thrown);
    if (error.httpStatus >= 500) onFault?.(error);
    if (response.headersSent) return next(thrown);
    if (error.code === 'PANO_METHOD_NOT_ALLOWED') response.set('Allow', 'GET, HEAD');
    if (error.code === 'PANO_UNAUTHENTICATED') response.set('WWW-Authenticate', CHALLENGE);
    response.status(error.httpStatus).json({ error: { code: error.code, message: error.message } });
  });
  return app;
}

function nameOfVerdict({ environment, subject }: Verdict): readonly string[] {
  return [environment, subject];
}

function nameOfObserver({ environment, observer, source }: ObserverSummary): readonly string[] {
  return [environment, observer, source];
}

/** A subject's report. Where the environment is left open it must be the only one that knows the subject. */
function reportOf(reader: EngineReader, subject: string, environment: string | undefined): SubjectReport {
  const chosen = environment ?? environmentOf(reader, subject);
  const report = chosen === undefined ? undefined : reader.report({ environment: chosen, subject });
  if (report) return report;
  throw new PanoramaError(
    'PANO_SUBJECT_UNKNOWN',
    `nobody has reported on ${subject}${environment ? ` in ${environment}` : ''}; GET /api/v1/subjects lists who is known`,
  );
}

function isAdmitted(door: ApiParts['door'], { headers }: Request): boolean {
  try {
    door?.admit(headers);
    return true;
  } catch {
    return false;
  }
}

/** The only environment that knows a subject; `undefined` where none does. */
function environmentOf(reader: EngineReader, subject: string): string | undefined {
  const known = reader.verdicts().filter((verdict) => verdict.subject === subject);
  if (known.length <= 1) return known[0]?.environment;
  const names = known.map(({ environment }) => JSON.stringify(environment)).join(', ');
  throw new PanoramaError(
    'PANO_QUERY_INVALID',
    `${subject} is known in the environments ${names}; choose one with ?environment=`,
  );
}

/** A body that is data and nothing else: never sniffed, framed, cached or scripted. */
function secureHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  });
  next();
}

/** Who says `no-cache` wants what he has held against what is here, as browsers do with an `If-None-Match` of their page's own. */
function revalidated(request: Request, _response: Response, next: NextFunction): void {
  delete request.headers['cache-control'];
  next();
}

/** express reports a path it cannot decode as a 400 of its own. */
function errorOf(thrown: unknown): PanoramaError {
  const status = (thrown as { status?: unknown } | undefined)?.status;
  if (status === 400)
    return new PanoramaError('PANO_QUERY_INVALID', 'the path is not percent-encoded as it should be', thrown);
  return PanoramaError.from(thrown);
}

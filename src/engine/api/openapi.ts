// SPDX-License-Identifier: Apache-2.0
/**
 * The API as OpenAPI 3.1, made of the schemas that the answers are held against. Made once, when it is first asked for.
 *
 * Source: OpenAPI Specification 3.1; its schemas are JSON Schema 2020-12.
 */
import { z } from 'zod';
import { ANSWERS, ERROR_ANSWER, PARTS, type Route } from './schemas.js';

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly description: string;
  readonly required?: boolean;
  readonly schema: object;
}

const text = { type: 'string' };
const wholeNumber = { type: 'integer', minimum: 0 };

const query = (name: string, description: string, schema: object = text): Parameter => ({
  ...{ name, in: 'query', description, schema },
});

const ENVIRONMENT = query('environment', 'only this deployment environment');
const PAGE = [
  query('limit', 'items of a page; all where it is left out', { type: 'integer', minimum: 1, maximum: 10_000 }),
  query('cursor', 'of the page before'),
];
const VERDICTS = [
  query('status', 'names joined by commas'),
  query('failure', 'one of them', { $ref: '#/components/schemas/Failure' }),
  ENVIRONMENT,
  ...PAGE,
];
const HISTORY = [
  query('subject', 'whose; everybody’s where it is left out'),
  query('environment', 'where several know the subject'),
  query('since', 'epoch milliseconds, included', wholeNumber),
  query('until', 'epoch milliseconds, included', wholeNumber),
  query('limit', 'items of a page, by default 100', { type: 'integer', minimum: 1, maximum: 1000 }),
  query('cursor', 'of the page before'),
];

const ROUTES: Readonly<Record<Route, { readonly summary: string; readonly parameters?: readonly Parameter[] }>> = {
  '/api/v1/about': { summary: 'Which engine answers, and where its traces are to be seen' },
  '/api/v1/verdicts': { summary: 'The full verdict on every subject', parameters: VERDICTS },
  '/api/v1/subjects': { summary: 'Every subject on one line', parameters: VERDICTS },
  '/api/v1/subjects/{identity}': {
    summary: 'The panorama of one subject: its verdict and every view',
    parameters: [
      { name: 'identity', in: 'path', description: 'a / in it as it is, or as %2F', required: true, schema: text },
      query('environment', 'where several know the subject'),
    ],
  },
  '/api/v1/observers': {
    summary: 'Everybody who speaks of others, and how far they are believed',
    parameters: [ENVIRONMENT, ...PAGE],
  },
  '/api/v1/matrix': {
    summary: 'How each caller finds each subject, those that are not well first',
    parameters: [query('limit', 'pairs at the most', { type: 'integer', minimum: 1, maximum: 100_000 })],
  },
  '/api/v1/events': {
    summary: 'Changes of verdicts, once and in order; as server-sent events for who accepts text/event-stream',
    parameters: [
      query('after', 'the number of the last one read', wholeNumber),
      query('limit', 'by default 100', { type: 'integer', minimum: 1, maximum: 1000 }),
      {
        ...{ name: 'Last-Event-ID', in: 'header', schema: wholeNumber },
        description: 'of the stream: the number of the last one read',
      },
    ],
  },
  '/api/v1/history': { summary: 'Changes of verdicts by time, newest first', parameters: HISTORY },
  '/api/v1/history/evidence': {
    summary: 'What did not go well between subjects and their callers, newest first',
    parameters: HISTORY,
  },
  '/api/v1/counts': { summary: 'What the engine received, made, dropped and keeps' },
  '/api/v1/doctor': { summary: 'What is wrong with how the engine is set up' },
  '/healthz': { summary: 'Whether the process answers' },
  '/readyz': { summary: 'Whether spans are taken' },
};

let made: object | undefined;

/** The document. */
export function openApi(): object {
  made ??= make();
  return made;
}

function make(): object {
  const registry = z.registry<{ id: string }>();
  for (const [path, answer] of Object.entries(ANSWERS)) registry.add(answer, { id: idOf(path) });
  registry.add(ERROR_ANSWER, { id: 'Error' });
  for (const [id, part] of Object.entries(PARTS)) registry.add(part, { id });
  const components = z.toJSONSchema(registry, { target: 'draft-2020-12', uri: (id) => `#/components/schemas/${id}` });
  // Whose schemas they are, and in which language, the document says itself.
  const schemas = Object.entries(components.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]);
  const paths = Object.entries(ROUTES).map(([path, { summary, parameters = [] }]) => [
    path,
    { get: { summary, parameters, responses: responsesOf(path) } },
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Panorama',
      version: '1',
      description: 'Who is failing, by what its callers see. Read-only; times are epoch milliseconds.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { bearer: [] }],
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function responsesOf(path: string): object {
  const json = (id: string) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${id}` } } });
  const stream = path === '/api/v1/events' ? { 'text/event-stream': { schema: text } } : {};
  return {
    '200': { description: 'the answer', content: { ...json(idOf(path)), ...stream } },
    default: { description: 'an error', content: json('Error') },
  };
}

/** `/api/v1/history/evidence` → `HistoryEvidenceAnswer`. */
function idOf(path: string): string {
  const words = path.replace('/api/v1', '').match(/\w+/g) ?? [];
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Answer`;
}

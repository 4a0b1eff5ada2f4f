// SPDX-License-Identifier: Apache-2.0
/** Query parameters of the API: read once, every fault named, unknown ones refused so that a typo is not a filter lost. */
import { z } from 'zod';
import { PanoramaError } from '../../model/errors.js';
import { type HealthStatus, STATUS_NAMES, statusFromName } from '../../model/status.js';
import type { Verdict } from '../../model/verdict.js';
import { HISTORY_PAGE_COUNT_MAX, type HistoryQuery } from '../engine-reader.js';
import type { PageQuery } from './pages.js';

/** Transitions per answer. */
const EVENT_COUNT_MAX = 1000;

/** Verdicts, subjects or observers of a page, where pages are asked for. */
const PAGE_COUNT_MAX = 10_000;

/** Pairs of the matrix: about 10 MB of JSON. */
const PAIR_COUNT_MAX = 100_000;

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);

/** How many of something are asked for. */
function countUpTo(max: number): z.ZodType<number, string> {
  return wholeNumber.refine((count) => count >= 1 && count <= max, `must be a whole number from 1 to ${max}`);
}

const page = {
  limit: countUpTo(PAGE_COUNT_MAX).optional(),
  cursor: z.string().optional(),
};

const verdictQuery = z.strictObject({
  environment: z.string().optional(),
  status: z
    .string()
    .transform((text, context): readonly HealthStatus[] => {
      const statuses = text.split(',').map((name) => statusFromName(name.trim()));
      if (statuses.every((status) => status !== undefined)) return statuses;
      context.addIssue({
        code: 'custom',
        message: `must be status names joined by commas, such as unhealthy,maybe_unhealthy; there are ${STATUS_NAMES}`,
      });
      return z.NEVER;
    })
    .optional(),
  failure: z.enum(['none', 'masked', 'gray', 'crash']).optional(),
  ...page,
});

const observerQuery = z.strictObject({ environment: z.string().optional(), ...page });

const matrixQuery = z.strictObject({
  limit: countUpTo(PAIR_COUNT_MAX).default(PAIR_COUNT_MAX),
});

const eventQuery = z.strictObject({
  after: wholeNumber.optional(),
  limit: countUpTo(EVENT_COUNT_MAX).default(100),
});

const historyQuery = z.strictObject({
  subject: z.string().min(1).optional(),
  environment: z.string().optional(),
  since: wholeNumber.optional(),
  until: wholeNumber.optional(),
  limit: countUpTo(HISTORY_PAGE_COUNT_MAX).default(100),
  cursor: z.string().optional(),
});

const subjectQuery = z.strictObject({ environment: z.string().optional() });

/** Which verdicts to list, and which page of them. */
export function verdictsWanted(query: unknown): PageQuery & { readonly isWanted: (verdict: Verdict) => boolean } {
  const { environment, status, failure, ...rest } = parsed(verdictQuery, query);
  const isWanted = (verdict: Verdict) =>
    (environment === undefined || verdict.environment === environment) &&
    (status === undefined || status.includes(verdict.status)) &&
    (failure === undefined || verdict.failure === failure);
  return { ...rest, isWanted };
}

/** Which observers to list, and which page of them. */
export function observersWanted(query: unknown): PageQuery & { readonly environment?: string | undefined } {
  return parsed(observerQuery, query);
}

/** How many pairs of the matrix to list. */
export function pairCountIn(query: unknown): number {
  return parsed(matrixQuery, query).limit;
}

/** Which transitions to list; `after` is left out where the caller has none. */
export function eventRange(query: unknown): { readonly after?: number | undefined; readonly limit: number } {
  return parsed(eventQuery, query);
}

/** Where a reader of the stream left off, by the header that browsers send when they come back. */
export function lastEventIdIn(header: string | undefined): number | undefined {
  return header === undefined || header === '' ? undefined : parsed(wholeNumber, header);
}

/** Which part of the history is asked for. */
export function historyRange(query: unknown): HistoryQuery {
  const { since, until, ...rest } = parsed(historyQuery, query);
  return { ...rest, sinceMs: since, untilMs: until };
}

/** In which environment a subject is asked for; `undefined` where the caller leaves it open. */
export function environmentIn(query: unknown): string | undefined {
  return parsed(subjectQuery, query).environment;
}

function parsed<T>(schema: z.ZodType<T>, query: unknown): T {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'query'}: ${message}`);
  throw new PanoramaError('PANO_QUERY_INVALID', faults.join('; '));
}

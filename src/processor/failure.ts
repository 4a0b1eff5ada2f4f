// SPDX-License-Identifier: Apache-2.0
/** What an error that the host hands over says of the subject. It is read by the rules that hold for spans. */
import type { Evidence } from '../model/observation.js';
import { SpanKind, type SpanRef, SpanStatusCode } from '../model/span.js';
import { HealthStatus } from '../model/status.js';
import { evidenceOf } from '../observe/observe.js';
import { type Outcome, outcomeOf } from '../observe/outcome.js';

/** How a failure is told. */
export interface Failure {
  readonly outcome: Outcome;
  readonly errorType: string;
  readonly evidence: Evidence | undefined;
}

/** An error by the same rules as one on a span. */
export function failureOf(error: unknown, shown: SpanRef | undefined): Failure {
  const { code, name, message } = wordsOf(error);
  const errorType = [code, name].find((word) => typeof word === 'string' && word !== '');
  const type = typeof errorType === 'string' ? errorType : '';
  const said = typeof error === 'string' ? error : typeof message === 'string' ? message : '';
  const span = {
    name: '',
    kind: SpanKind.CLIENT,
    attributes: {},
    statusCode: SpanStatusCode.ERROR,
    statusMessage: '',
    exception: { type, message: said },
    durationMs: Number.POSITIVE_INFINITY,
  };
  const outcome = outcomeOf(span, 0) ?? { status: HealthStatus.UNHEALTHY, reason: 'error' };
  return { outcome, errorType: type, evidence: shown && evidenceOf(span, shown) };
}

/** What an error says of itself. Even to look at one may throw; then it has failed, and nobody knows how. */
function wordsOf(error: unknown): { code?: unknown; name?: unknown; message?: unknown } {
  try {
    const { code, name, message } = Object(error ?? {}) as Record<string, unknown>;
    return { code, name, message };
  } catch {
    return {};
  }
}

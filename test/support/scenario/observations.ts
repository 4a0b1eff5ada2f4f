// SPDX-License-Identifier: Apache-2.0
/** Statements of what guests tell, as the observation spans that they would send. */
import { type Resolution, resolutionOf } from '../../../src/model/identity.js';
import { type ObservationSource, OUTCOME_REASONS, type OutcomeReason } from '../../../src/model/observation.js';
import { HealthStatus } from '../../../src/model/status.js';
import type { ObservationContent } from '../../../src/observe/observation-span.js';
import { freshSpanId, observationSpanOf } from '../spans.js';
import { type Line, NAMES } from './line.js';
import type { Action } from './world.js';

/** How long several calls take of which it is not said, in ms. */
const BURST_MS = 1;

/** Where no operation is said. */
const UNNAMED = 'call';

type Content = { -readonly [Key in keyof ObservationContent]: ObservationContent[Key] };

export function guestStatement(line: Line): Action {
  const [, speaker, lag] = line.take(/(\S+?)(?:, (\S+) late,)?(?= (?:sees|reports|waits) )/) ?? line.notUnderstood();
  const content = whatIsSaid(line, speaker as string);
  if (lag !== undefined) content.observerLagSeconds = line.duration(lag) / 1000;
  let windowMs: number | undefined;
  let trace: string | undefined;
  line.clauses([
    [/in "([^"]+)"/, ([, operation]) => (content.operation = operation as string)],
    [/x(\d+)/, ([, count]) => (content.count = Number(count))],
    [/over (\S+)/, ([, text]) => (windowMs = line.duration(text))],
    [/because (\w+)/, ([, word]) => (content.reason = reasonNamed(word, line))],
    [/with suspicion ([\d.]+)/, ([, phi]) => (content.suspicion = Number(phi))],
    [/of request (\w+)/, ([, name]) => (trace = name)],
    [new RegExp(`blaming (${NAMES})`), ([, names]) => (content.blamed = names === 'nobody' ? [] : line.names(names))],
    [
      /taking (\S+)/,
      ([, text]) => {
        const seconds = line.duration(text) / 1000;
        content.latency = { meanSeconds: seconds, maxSeconds: seconds };
      },
    ],
  ]);
  return (world) => {
    const span = observationSpanOf(content, world.nowMs);
    const durationMs = windowMs ?? (content.count > 1 ? BURST_MS : 0);
    const startUnixNano = span.endUnixNano - BigInt(durationMs) * 1_000_000n;
    const links = trace === undefined ? [] : [{ traceId: world.traceNamed(trace), spanId: freshSpanId() }];
    world.deliver(speaker as string, [{ ...span, durationMs, startUnixNano, links }]);
  };
}

function whatIsSaid(line: Line, speaker: string): Content {
  const [, subject, word] = line.take(/sees (\S+) (\w+)/) ?? [];
  if (subject !== undefined) {
    const source = speaker === 'probe' ? 'probe' : 'caller';
    return contentOf(speaker, subject, line.status(word), source);
  }
  const [, own] = line.take(/reports (\w+)/) ?? [];
  if (own !== undefined) return contentOf(speaker, speaker, line.status(own), 'self');
  const [, callee, again] = line.take(/waits for (\S+)( again)?/) ?? line.notUnderstood();
  const content = contentOf(speaker, callee as string, HealthStatus.PENDING, 'caller');
  return { ...content, reason: 'hung', isAgain: again !== undefined };
}

function contentOf(observer: string, subject: string, status: HealthStatus, source: ObservationSource): Content {
  const resolution = resolutionIn(subject);
  return { observer, subject, resolution, operation: UNNAMED, status, reason: 'ok', source, count: 1 };
}

/** An address has a port and no name. */
export function resolutionIn(subject: string): Resolution {
  return /^[\d.]+:\d+$/.test(subject) ? 'address' : resolutionOf(subject);
}

export function reasonNamed(word: string | undefined, line: Line): OutcomeReason {
  const reason = OUTCOME_REASONS.find((each) => each === word);
  return reason ?? line.refuse(`no reason: ${word}`);
}

// SPDX-License-Identifier: Apache-2.0
/** Whether anything arrives at the engine, and whether it could be read. */
import type { ErrorCode } from '../../model/errors.js';
import type { RequestCount } from '../telemetry/request-counts.js';
import { counted, type Facts, grown, nameOf, percent, type Rule, someOf, spanOfTime, windowMs } from './finding.js';
import type { ServiceNote } from './set-up-sample.js';

/** After so long, in ms, an exporter that is set up has sent its first batch: SDKs hold one for 5 s at the most. */
const FIRST_BATCH_MS = 30_000;

/** Repeated deliveries of which one speaks: a share that retries after a hiccup do not reach, of a number that means something. */
const DUPLICATE_SHARE = 0.1;
const DUPLICATE_COUNT_MIN = 20;

/**
 * Late spans of a service of which one speaks: fewer than one in twenty change no verdict, for those beside them tell the same in
 * time; and of a number that means something.
 */
const LATE_SHARE = 0.05;
const LATE_COUNT_MIN = 20;

/** Requests that were none of an exporter: somebody knocked at the wrong door, and no span is lost by it. */
const STRAY_CODES: readonly Refusal[] = ['PANO_NOT_FOUND', 'PANO_METHOD_NOT_ALLOWED'];

const TURNED_AWAY: ErrorCode = 'PANO_OVERLOADED';

/** The address of no other machine. */
const LOOPBACK = /^(?:127\.|\[::1\]|localhost:)/;

export const ARRIVAL_RULES: readonly Rule[] = [
  {
    code: 'not-ready',
    well: 'the engine takes spans',
    find: ({ status }) =>
      status.isReady
        ? undefined
        : {
            severity: 'error',
            what: `The engine has been starting for ${spanOfTime(status.uptimeMs)} and takes no spans yet.`,
            why: 'Exporters are refused meanwhile, and drop what they cannot send.',
            fix: 'Ask again in a few seconds. If it stays so, the engine’s log says what it waits for.',
            examples: [],
          },
  },
  { code: 'no-spans', well: 'spans arrive', applies: ({ status }) => status.isReady, find: findNoSpans },
  { code: 'requests-refused', well: 'no request was refused', find: findRefused },
  {
    code: 'requests-lost',
    well: 'every request came whole',
    find: (facts) => {
      const count = codesOf(facts).get('lost') ?? 0;
      if (count === 0) return undefined;
      return {
        severity: 'warning',
        what: `${counted(count, 'request')} in the last ${spanOfTime(windowMs(facts))} broke off before ${count === 1 ? 'it was' : 'they were'} whole.`,
        why: 'Nothing of them was read. Some exporters send them again, some do not.',
        fix: 'Look in the senders’ logs for timeouts and connections that were cut. If it is always the same, its batches may be too large for its way here.',
        examples: [],
      };
    },
  },
  {
    code: 'requests-turned-away',
    well: 'no request was turned away for want of room',
    find: (facts) => {
      const count = codesOf(facts).get(TURNED_AWAY) ?? 0;
      if (count === 0) return undefined;
      const { bytesInFlightMax } = facts.status;
      return {
        severity: 'warning',
        what: `${counted(count, 'request')} turned away in the last ${spanOfTime(windowMs(facts))} for want of room: ${counted(bytesInFlightMax, 'byte')} may be in flight.`,
        why: 'Exporters send such a request again, and drop it when they have tried for long enough: verdicts come late, then evidence is missing.',
        fix: 'Give the engine a core of its own. If its event loop is well, make the exporters’ batches smaller, or have fewer senders at once.',
        examples: refusalsOf(facts, [TURNED_AWAY]),
      };
    },
  },
  {
    code: 'spans-unreadable',
    well: 'every span could be read',
    find: (facts) => {
      const malformed = grown(facts, ({ counts }) => counts.malformed);
      const rejected = grown(facts, ({ counts }) => counts.rejected);
      if (malformed + rejected === 0) return undefined;
      return {
        severity: 'error',
        what: `${counted(malformed + rejected, 'span')} in the last ${spanOfTime(windowMs(facts))} could not be read: ${counted(malformed, 'broken span')}, ${counted(rejected, 'broken observation')}.`,
        why: 'What they say is lost. Their senders are told so (OTLP partial success), and mostly log it.',
        fix: 'Broken ids come from a tracer that makes its own; broken observations from a guest of another version than the engine. The sender’s log has the first fault of each request.',
        examples: [],
      };
    },
  },
  {
    code: 'spans-late',
    well: 'spans arrive in time',
    applies: ({ setUp }) => setUp.services.length > 0,
    find: findLate,
  },
  {
    code: 'delivered-twice',
    well: 'spans arrive once',
    applies: ({ status }) => status.counts.spans > 0,
    find: (facts) => {
      const duplicates = grown(facts, ({ counts }) => counts.duplicates);
      const made = grown(facts, ({ counts }) => counts.calls + counts.served + counts.observations);
      if (duplicates < DUPLICATE_COUNT_MIN || duplicates < DUPLICATE_SHARE * made) return undefined;
      return {
        severity: 'warning',
        what: `${counted(duplicates, 'span')} of ${made.toLocaleString('en')} (${percent(duplicates / made)}) arrived a second time.`,
        why: 'Nothing is counted twice, but it is sent, carried and read twice.',
        fix: 'Look for a service that exports to the engine itself and through a Collector as well, or for an exporter whose timeout is shorter than its way here.',
        examples: [],
      };
    },
  },
];

function findNoSpans(facts: Facts): ReturnType<Rule['find']> {
  const { status } = facts;
  if (grown(facts, ({ counts }) => counts.spans) > 0) return undefined;
  const { otlpGrpc, otlpHttp, scheme, uptimeMs } = status;
  const isLocal = LOOPBACK.test(otlpGrpc) && LOOPBACK.test(otlpHttp);
  const where = `Set OTEL_EXPORTER_OTLP_ENDPOINT to ${scheme}://${otlpGrpc} for gRPC or ${scheme}://${otlpHttp} for HTTP.`;
  const local = isLocal ? ' The engine listens on loopback, so only this machine reaches it.' : '';
  const had = status.counts.spans;
  return {
    severity: had > 0 || uptimeMs < FIRST_BATCH_MS ? 'warning' : 'error',
    what:
      had > 0
        ? `No span has come for ${spanOfTime(windowMs(facts))}; ${counted(had, 'span')} came before.`
        : `No span has come since the engine started ${spanOfTime(uptimeMs)} ago.`,
    why: 'Without spans there are no verdicts, and an empty list looks like good health.',
    fix:
      had > 0
        ? `Either nobody calls anybody at the moment, or the way here is cut.${local} A Node service says with OTEL_LOG_LEVEL=warn why it cannot export.`
        : `${where}${local} A Node service says with OTEL_LOG_LEVEL=warn why it cannot export.`,
    examples: [],
  };
}

function findRefused(facts: Facts): ReturnType<Rule['find']> {
  const codes = codesOf(facts);
  codes.delete(TURNED_AWAY);
  codes.delete('lost');
  const count = [...codes.values()].reduce((sum, each) => sum + each, 0);
  if (count === 0) return undefined;
  const isLoss = [...codes.keys()].some((code) => !STRAY_CODES.includes(code));
  return {
    severity: isLoss ? 'error' : 'warning',
    what: `${counted(count, 'request')} refused in the last ${spanOfTime(windowMs(facts))}: ${[...codes].map(([code, times]) => `${code} ${times}`).join(', ')}.`,
    why: isLoss
      ? 'An exporter does not send such a request again: what it held is lost.'
      : 'Nothing is lost if no exporter sent them; one that did loses everything.',
    fix: 'Each case names its last sender and what to do there; docs/errors.md has a line on each code.',
    examples: refusalsOf(facts, [...codes.keys()]),
  };
}

function findLate(facts: Facts): ReturnType<Rule['find']> {
  const late = facts.setUp.services.filter(
    (note) => note.late >= LATE_COUNT_MIN && note.late >= LATE_SHARE * tellingSpansOf(note),
  );
  if (late.length === 0) return undefined;
  const total = late.reduce((sum, note) => sum + note.late, 0);
  const latestMs = Math.max(...late.map((note) => note.latestMs));
  const latestFirst = [...late].sort((a, b) => b.latestMs - a.latestMs);
  return {
    severity: 'warning',
    what: `${counted(total, 'span')} of ${counted(late.length, 'service')} came when what they say had expired, up to ${spanOfTime(latestMs)} after their end.`,
    why: 'Old evidence changes no verdict of now: a failure that only they met is not seen.',
    fix: 'Look for a Collector with a full queue (otelcol_exporter_queue_size) or one that sends again what failed (retry_on_failure, max_elapsed_time), and for an exporter that holds its batches for long (OTEL_BSP_SCHEDULE_DELAY, in ms). After the engine was away it passes by itself.',
    examples: someOf(
      latestFirst.map(
        (note) =>
          `${nameOf(note)}: ${note.late.toLocaleString('en')} of ${counted(tellingSpansOf(note), 'span')}, up to ${spanOfTime(note.latestMs)} after their end`,
      ),
    ),
  };
}

/** Those of which something is made. */
function tellingSpansOf({ calls, accounted, observations, served }: ServiceNote): number {
  return calls + accounted + observations + served;
}

type Refusal = Exclude<RequestCount['code'], 'ok'>;

/** How often requests met each reason to refuse them lately. */
function codesOf(facts: Facts): Map<Refusal, number> {
  const codes = new Map<Refusal, number>();
  for (const { code } of facts.status.requests) {
    if (code === 'ok' || codes.has(code)) continue;
    const count = grown(facts, ({ requests }) =>
      requests.reduce((sum, each) => sum + (each.code === code ? each.requests : 0), 0),
    );
    if (count > 0) codes.set(code, count);
  }
  return codes;
}

function refusalsOf({ status }: Facts, codes: readonly Refusal[]): string[] {
  const refusals = status.refusals.filter(({ code }) => codes.includes(code));
  return someOf(refusals.map(({ code, peer, message }) => `${code}, last from ${peer}: ${message}`));
}

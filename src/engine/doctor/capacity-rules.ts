// SPDX-License-Identifier: Apache-2.0
/** Whether the engine has room and time for what it is given, and keeps what it is to remember. */
import { OPERATION_OTHER } from '../../model/limits.js';
import { counted, grown, type Rule, someOf, spanOfTime, windowMs } from './finding.js';

/** The engine looks every 100 ms for calls that hang and evidence that expires; later than that it is late with them. */
const LATE_SECONDS = 0.1;

/** Guests report once a second: an engine that is later than that judges the past. */
const VERY_LATE_SECONDS = 1;

/** Of the heap that Node allows. Past some nine tenths it does little but collect garbage, and then gives up. */
const HEAP_SHARE_MAX = 0.85;

const MEBIBYTE = 1024 * 1024;

export const CAPACITY_RULES: readonly Rule[] = [
  {
    code: 'event-loop-late',
    well: 'the engine keeps up',
    find: ({ status: { process } }) => {
      const { p99Seconds, maxSeconds } = process.loopDelay;
      if (p99Seconds < LATE_SECONDS && maxSeconds < VERY_LATE_SECONDS) return undefined;
      return {
        severity: p99Seconds < VERY_LATE_SECONDS ? 'warning' : 'error',
        what: `The engine’s event loop was late: ${milliseconds(p99Seconds)} or more for 1 % of the time, ${milliseconds(maxSeconds)} at worst.`,
        why: 'Everything waits for it: spans are taken later, verdicts come later, and exporters run into their timeouts.',
        fix: 'Give the engine a core of its own, and check that its machine neither swaps nor is throttled (CPU limits of a container). If it is alone already, it has too many spans to read.',
        examples: [],
      };
    },
  },
  {
    code: 'memory-short',
    well: 'there is memory to spare',
    find: ({ status: { process } }) => {
      const used = Object.values(process.heapUsedBytes).reduce((sum, bytes) => sum + bytes, 0);
      const limit = process.heapLimitBytes;
      if (used < HEAP_SHARE_MAX * limit) return undefined;
      return {
        severity: 'warning',
        what: `The heap holds ${Math.round(used / MEBIBYTE)} MiB of the ${Math.round(limit / MEBIBYTE)} that Node allows.`,
        why: 'The nearer to the limit, the more of the time goes into collecting garbage; at the limit the process ends.',
        fix: 'Raise it with NODE_OPTIONS=--max-old-space-size=MIB, or keep fewer views (--view-count-max).',
        examples: [],
      };
    },
  },
  {
    code: 'views-evicted',
    well: 'every view has room',
    find: (facts) => {
      const evicted = grown(facts, ({ counts }) => counts.evictedViews);
      if (evicted === 0) return undefined;
      return {
        severity: 'warning',
        what: `${counted(evicted, 'view')} forgotten in the last ${spanOfTime(windowMs(facts))} to make room; ${counted(facts.status.viewCountMax, 'view')} may be kept.`,
        why: 'A view is what one observer says of one operation of one subject. What is forgotten has no vote, and a failure that was in it ends.',
        fix: 'Raise --view-count-max (about 600 bytes each). If names with numbers in them make ever new instances or operations, mend those first.',
        examples: [],
      };
    },
  },
  {
    code: 'operations-folded',
    well: 'operations are few enough to tell apart',
    find: (facts) => {
      const folded = grown(facts, ({ counts }) => counts.folded);
      if (folded === 0) return undefined;
      const full = facts.verdicts.filter(({ operations }) =>
        operations.some(({ operation }) => operation === OPERATION_OTHER),
      );
      return {
        severity: 'warning',
        what: `${counted(folded, 'call')} in the last ${spanOfTime(windowMs(facts))} folded into the operation “other”: their subjects have more operations than are told apart.`,
        why: 'An operation that fails among those that are well hides in “other”.',
        fix: 'Look at the subject’s operations for names with ids in them; have the instrumentation set url.template, http.route or db.query.summary in place of the whole path or statement.',
        examples: someOf(
          full.map(({ environment, subject }) => (environment === '' ? subject : `${subject} (${environment})`)),
        ),
      };
    },
  },
  {
    code: 'calls-hurried',
    well: 'calls wait for their callees’ spans',
    find: (facts) => {
      const hurried = grown(facts, ({ counts }) => counts.hurried);
      if (hurried === 0) return undefined;
      return {
        severity: 'warning',
        what: `${counted(hurried, 'call')} in the last ${spanOfTime(windowMs(facts))} could not wait for the spans of their callees: too many spans or traces were held.`,
        why: 'A call is then judged without knowing who deeper explains it: the blame may stay with a victim.',
        fix: 'Split the load over several engines by trace, or have a Collector drop spans that are neither calls nor served (kind INTERNAL).',
        examples: [],
      };
    },
  },
  {
    code: 'history-failing',
    well: 'the history can be written',
    applies: ({ status: { journal } }) => journal.path !== undefined,
    find: (facts) => {
      const { kind, path, state, lastError } = facts.status.journal;
      const isInMemory = kind === 'memory' && path !== undefined;
      if (state === 'ok' && !isInMemory) return undefined;
      return {
        severity: 'error',
        what: isInMemory
          ? `The history’s file ${path} could not be used, so the history is kept in memory.`
          : `The history’s file ${path ?? ''} cannot be written.`,
        why: 'The engine judges on; but what it learns is lost when it ends, and after a restart every verdict begins anew.',
        fix: 'Mend what stands below and start the engine again where it keeps the history in memory; a file it tries again by itself.',
        examples: lastError ? [`${lastError.code}: ${lastError.message}`] : [],
      };
    },
  },
  {
    code: 'history-behind',
    well: 'the history keeps up',
    applies: ({ status }) => status.journal.kind === 'sqlite',
    find: (facts) => {
      const { lagging, waiting } = facts.status.journal;
      const lost = grown(facts, ({ journal: { lost } }) => lost.transitions + lost.evidence + lost.views);
      if (!lagging && lost === 0) return undefined;
      return {
        severity: lost > 0 ? 'error' : 'warning',
        what: `The history is written more slowly than it grows: ${counted(waiting, 'record')} waiting, ${lost.toLocaleString('en')} given up in the last ${spanOfTime(windowMs(facts))}.`,
        why: 'Changes are told as soon as they are written, so they are told late; what is given up is in no history.',
        fix: 'Put the history’s file on a faster disk, or a local one.',
        examples: [],
      };
    },
  },
  {
    code: 'history-off',
    well: 'verdicts outlive a restart',
    find: ({ status: { journal } }) =>
      journal.kind === 'memory' && journal.path === undefined
        ? {
            severity: 'notice',
            what: 'No history is kept on disk.',
            why: 'After a restart nothing is known until callers speak again, and the events of before are gone.',
            fix: 'Start the engine with --history FILE if you want them kept.',
            examples: [],
          }
        : undefined,
  },
];

function milliseconds(seconds: number): string {
  return `${Math.round(1000 * seconds).toLocaleString('en')} ms`;
}

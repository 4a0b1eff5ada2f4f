// SPDX-License-Identifier: Apache-2.0
/** One subject: what is wrong with it and since when, what was said of it meanwhile, who says so, and the evidence. */
import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import type { EventJson, EvidenceJson, ReportJson } from '../../../src/engine/api/shapes.js';
import { useAsked } from '../parts/asked.js';
import { Notice } from '../parts/empty.js';
import { EvidenceTable } from '../parts/evidence-table.js';
import { SubjectHead } from '../parts/subject-head.js';
import { SubjectTimeline } from '../parts/subject-timeline.js';
import { Witnesses } from '../parts/witnesses.js';
import { changes, complaints } from '../state/chronicle.js';
import { keyOf } from '../state/fleet.js';
import { nearestNames } from '../state/nearest.js';
import { askedSinceMs, choiceKey, nowFor, type Range, type RangeName, rangeIn } from '../state/range.js';
import { HOME, hashOf, subjectHash } from '../state/route.js';
import { api, fleet, isLoaded, now, route, shown } from '../store.js';
import { evidencePages, type Reading, readOn, transitionPages } from '../wire/reading.js';

const RANGES: readonly [RangeName, ...RangeName[]] = ['15m', '1h', '6h', '24h'];

/** Changes and lines of evidence that are read; of more the newest. */
const CHANGE_COUNT = 1000;
const EVIDENCE_COUNT = 6000;

interface Told {
  /** `undefined` where nobody knows the subject at present. */
  readonly report: ReportJson | undefined;
  readonly changes: Reading<EventJson>;
  readonly evidence: Reading<EvidenceJson>;
}

async function told(environment: string, subject: string, range: Range, before: Told | undefined): Promise<Told> {
  const whose = { subject, environment };
  const asked = { sinceMs: askedSinceMs(range), untilMs: range.isLive ? undefined : range.untilMs };
  const [report, transitions, evidence] = await Promise.all([
    api.get<ReportJson>(`subjects/${encodeURIComponent(subject)}`, { environment }).catch((error) => {
      if (error.code === 'PANO_SUBJECT_UNKNOWN') return undefined;
      throw error;
    }),
    readOn(before?.changes, {
      ...{ ...asked, wantedCount: CHANGE_COUNT, page: transitionPages(api, whose), empty: changes },
    }),
    readOn(before?.evidence, {
      ...{ ...asked, wantedCount: EVIDENCE_COUNT, page: evidencePages(api, whose), empty: complaints },
    }),
  ]);
  return { report, changes: transitions, evidence };
}

export function SubjectView(): JSX.Element {
  const { environment, subject, chosen } = route.value;
  const live = useComputed(() => {
    shown.value;
    return fleet.get(keyOf(route.value));
  }).value;
  const { answer, error } = useAsked<Told>({
    key: [environment, subject, choiceKey(chosen)].join('\n'),
    ask: (before) => told(environment, subject, rangeIn(chosen, RANGES, Date.now()), before),
    isNews: ({ verdict }) => verdict.subject === subject && verdict.environment === environment,
  }).value;
  const range = rangeIn(chosen, RANGES, nowFor(now.value, answer?.changes.chronicle.newestMs));
  const reported = answer?.report?.verdict;
  const verdict = live && reported ? (live.judgedMs > reported.judgedMs ? live : reported) : (reported ?? live);
  const transitions = answer?.changes.chronicle.newestFirst() ?? [];
  const evidence = answer?.evidence.chronicle.newestFirst() ?? [];
  if (!verdict && answer && transitions.length === 0) return <Unknown environment={environment} subject={subject} />;
  return (
    <article class="view subject" aria-labelledby="subject-title">
      <SubjectHead environment={environment} subject={subject} verdict={verdict} />
      {error && (
        <p class="asking" role="status">
          Asking again failed: {error.message}.{answer && ' What is shown is what it said before.'}
        </p>
      )}
      {!answer && !error && <p class="dim">Asking the engine…</p>}
      {answer && (
        <>
          <SubjectTimeline
            subject={subject}
            verdict={verdict}
            transitions={transitions}
            evidence={evidence}
            range={range}
            names={RANGES}
            hasMore={answer.changes.cursor !== null || answer.evidence.cursor !== null}
          />
          <EvidenceTable report={answer.report} evidence={evidence} />
          {answer.report && <Witnesses report={answer.report} />}
        </>
      )}
    </article>
  );
}

function Unknown({ environment, subject }: { readonly environment: string; readonly subject: string }): JSX.Element {
  const near = nearestNames(subject, fleet.all());
  return (
    <Notice title={`Nobody has reported on ${subject}`}>
      <p>
        Nothing is known of it now{environment === '' ? '' : ` in the environment ${environment}`}, and its verdict did
        not change in this time. It may be forgotten, or named otherwise.
      </p>
      {near.length > 0 && (
        <>
          <p>Names that are nearly so:</p>
          <ul>
            {near.map((each) => (
              <li key={keyOf(each)}>
                <a href={subjectHash(each)}>{each.subject}</a> <small>{each.environment}</small>
              </li>
            ))}
          </ul>
        </>
      )}
      {isLoaded.value && (
        <p>
          <a href={hashOf(HOME)}>Everybody who is known</a>
        </p>
      )}
    </Notice>
  );
}

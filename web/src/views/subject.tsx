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
import { keyOf } from '../state/fleet.js';
import { nearestNames } from '../state/nearest.js';
import { askedSinceMs, type RangeName, rangeIn } from '../state/range.js';
import { HOME, hashOf, subjectHash } from '../state/route.js';
import { api, fleet, isLoaded, now, route, shown } from '../store.js';

const RANGES: readonly [RangeName, ...RangeName[]] = ['15m', '1h', '6h', '24h'];

/** Lines of history and of evidence asked for at a time; of more the newest are shown. */
const LIMIT = 1000;

interface Told {
  /** `undefined` where nobody knows the subject at present. */
  readonly report: ReportJson | undefined;
  readonly transitions: readonly EventJson[];
  readonly evidence: readonly EvidenceJson[];
  /** Whether there is more in this time than was read. */
  readonly hasMore: boolean;
}

async function told(environment: string, subject: string, sinceMs: number): Promise<Told> {
  const query = { subject, environment, since: sinceMs, limit: LIMIT };
  const [report, history, evidence] = await Promise.all([
    api.get<ReportJson>(`subjects/${encodeURIComponent(subject)}`, { environment }).catch((error) => {
      if (error.code === 'PANO_SUBJECT_UNKNOWN') return undefined;
      throw error;
    }),
    api.get<{ transitions: readonly EventJson[]; cursor: string | null }>('history', query),
    api.get<{ evidence: readonly EvidenceJson[]; cursor: string | null }>('history/evidence', query),
  ]);
  return {
    report,
    transitions: history.transitions,
    evidence: evidence.evidence,
    hasMore: history.cursor !== null || evidence.cursor !== null,
  };
}

export function SubjectView(): JSX.Element {
  const { environment, subject, chosen } = route.value;
  const range = rangeIn(chosen, RANGES, now.value);
  const live = useComputed(() => {
    shown.value;
    return fleet.get(keyOf(route.value));
  }).value;
  const { answer, error } = useAsked<Told>({
    key: `${keyOf({ environment, subject })} ${range.name}`,
    ask: () => told(environment, subject, askedSinceMs(rangeIn(chosen, RANGES, Date.now()))),
    isNews: ({ verdict }) => verdict.subject === subject && verdict.environment === environment,
  });
  const reported = answer?.report?.verdict;
  const verdict = live && reported ? (live.judgedMs > reported.judgedMs ? live : reported) : (reported ?? live);
  const transitions = answer?.transitions ?? [];
  if (!verdict && answer && transitions.length === 0) return <Unknown environment={environment} subject={subject} />;
  return (
    <article class="view subject" aria-labelledby="subject-title">
      <SubjectHead environment={environment} subject={subject} verdict={verdict} />
      {error && (
        <p class="asking" role="status">
          The engine did not answer the last time: {error.message}. What is shown is what it said before.
        </p>
      )}
      {!answer && !error && <p class="dim">Asking the engine…</p>}
      {answer && (
        <>
          <SubjectTimeline
            subject={subject}
            verdict={verdict}
            transitions={transitions}
            evidence={answer.evidence}
            range={range}
            names={RANGES}
            hasMore={answer.hasMore}
          />
          <EvidenceTable report={answer.report} evidence={answer.evidence} />
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

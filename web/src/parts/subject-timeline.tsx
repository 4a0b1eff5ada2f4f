// SPDX-License-Identifier: Apache-2.0
/** What was said of a subject, and what its observers met meanwhile; as lanes, and as a table of the changes. */
import type { JSX } from 'preact';
import type { EventJson, EvidenceJson, VerdictJson } from '../../../src/engine/api/shapes.js';
import { observerLanes } from '../state/evidence.js';
import type { Lane, LaneItem } from '../state/lanes.js';
import type { Range, RangeName } from '../state/range.js';
import { subjectHash } from '../state/route.js';
import { type Stretch, stretchesOf } from '../state/stretches.js';
import { countText, failureWords, momentText, spanText, statusWords } from '../state/words.js';
import { about, now } from '../store.js';
import { Lanes } from './lanes.js';
import { RangeChoice } from './range-choice.js';
import { Status } from './status.js';
import { TableHead } from './table-head.js';

export interface SubjectTimelineParts {
  readonly subject: string;
  readonly verdict: VerdictJson | undefined;
  /** Newest first. */
  readonly transitions: readonly EventJson[];
  readonly evidence: readonly EvidenceJson[];
  readonly range: Range;
  readonly names: readonly RangeName[];
  readonly hasMore: boolean;
}

export function SubjectTimeline(parts: SubjectTimelineParts): JSX.Element {
  const { subject, verdict, transitions, evidence, range, names, hasMore } = parts;
  const { sinceMs, untilMs } = range;
  // What is asked for begins a little earlier than what is shown.
  const events = [...transitions].reverse().filter(({ atMs }) => atMs >= sinceMs);
  const before = transitions.find(({ atMs }) => atMs < sinceMs)?.verdict;
  const knownMs = about.value?.history === 'memory' ? Math.max(sinceMs, about.value.startedMs) : sinceMs;
  const stretches = stretchesOf(events, { sinceMs: knownMs, untilMs }, before ?? verdict);
  const { lanes, leftOut } = observerLanes(evidence, range);
  const unknown: readonly LaneItem[] =
    knownMs > sinceMs
      ? [
          {
            fromMs: sinceMs,
            toMs: Math.min(knownMs, untilMs),
            status: 'na',
            words: 'not known: the engine keeps no history',
          },
        ]
      : [];
  const all: readonly Lane[] = [
    { key: '\u0000verdict', label: 'Verdict', items: [...unknown, ...stretches.map(itemOf)] },
    ...lanes.map((lane) => ({ ...lane, isInner: true, note: noteOf(lane, subject) })),
  ];
  return (
    <section aria-labelledby="timeline-title">
      <div class="bar-head">
        <h2 id="timeline-title">Timeline</h2>
        <RangeChoice names={names} range={range} />
      </div>
      <Lanes lanes={all} sinceMs={sinceMs} untilMs={untilMs} label="Verdicts and what observers met, over time" />
      <p class="dim">
        {lanes.length === 0 ? 'No observer met anything bad in this time. ' : ''}
        {leftOut > 0 && `And ${countText(leftOut, 'more observer')} with something to complain of. `}
        {hasMore && 'There is more in this time than can be shown; this is the newest of it. '}
        {knownMs > sinceMs && `The history is in memory only: it is known from ${momentText(knownMs, now.value)} on.`}
      </p>
      <Changes transitions={transitions} />
    </section>
  );
}

/** What a subject says of itself is no observer's word. */
function noteOf({ key, note }: Lane, subject: string): string | undefined {
  return key === subject ? `itself, ${note}` : note;
}

function itemOf({ fromMs, toMs, status, failure, culprit, verdict }: Stretch): LaneItem {
  const kind = verdict ? failureWords(verdict) : failure === 'none' ? '' : failure;
  const fault = culprit && culprit !== verdict?.subject ? `fault of ${culprit}` : '';
  const words = [spanText(fromMs, toMs, now.value), statusWords(status), kind, fault].filter(Boolean).join(' · ');
  return { fromMs, toMs, status, words };
}

function Changes({ transitions }: { readonly transitions: readonly EventJson[] }): JSX.Element | null {
  if (transitions.length === 0) return <p class="dim">Its verdict did not change in this time.</p>;
  return (
    <details open={transitions.length <= 12}>
      <summary>{countText(transitions.length, 'change')}</summary>
      <div class="table-wrap">
        <table>
          <TableHead heads={['When', 'From', 'To', 'Failure', 'Culprit']} />
          <tbody>
            {transitions.map(({ seq, atMs, from, verdict }) => (
              <tr key={seq}>
                <td title={new Date(atMs).toISOString()}>{momentText(atMs, now.value)}</td>
                <td>
                  <Status status={from.status} />
                  {from.failure !== 'none' && <small>{from.failure}</small>}
                </td>
                <td>
                  <Status status={verdict.status} />
                </td>
                <td>{failureWords(verdict)}</td>
                <td>
                  {verdict.blame &&
                    (verdict.blame.root === verdict.subject ? (
                      <em>itself</em>
                    ) : (
                      <a href={subjectHash({ environment: verdict.environment, subject: verdict.blame.root })}>
                        {verdict.blame.root}
                      </a>
                    ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

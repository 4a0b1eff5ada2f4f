// SPDX-License-Identifier: Apache-2.0
/** How a subject is at the moment: the verdict in words, and whose fault it is. */
import type { ComponentChildren, JSX } from 'preact';
import type { VerdictJson } from '../../../src/engine/api/shapes.js';
import { isIll } from '../state/fleet.js';
import { subjectHash } from '../state/route.js';
import { ageText, countText, failureWords, momentText, reasonWords } from '../state/words.js';
import { now } from '../store.js';
import { Status } from './status.js';

export interface SubjectHeadParts {
  readonly environment: string;
  readonly subject: string;
  /** `undefined` where nothing is known of it any more. */
  readonly verdict: VerdictJson | undefined;
}

export function SubjectHead({ environment, subject, verdict }: SubjectHeadParts): JSX.Element {
  return (
    <section class={`subject-head${verdict && isIll(verdict) ? ' ill' : ''} h-${verdict?.status ?? 'na'}`}>
      <h1 id="subject-title">{subject}</h1>
      {verdict ? (
        <>
          <p class="verdict">
            <Status status={verdict.status} />
            {verdict.failure !== 'none' && <span class="failure">{failureWords(verdict)}</span>}
            <span title={new Date(verdict.sinceMs).toLocaleString()}>
              since {momentText(verdict.sinceMs, now.value)}, for {ageText(now.value - verdict.sinceMs)}
            </span>
            {verdict.reason !== 'ok' && <span>most failing calls met: {reasonWords(verdict.reason)}</span>}
          </p>
          {verdict.systemView !== verdict.status && verdict.systemView !== 'na' && (
            <p class="own">
              Says of itself: <Status status={verdict.systemView} />
              {isIll(verdict) && verdict.systemView === 'healthy' && ', while its callers find it failing'}
            </p>
          )}
          {isIll(verdict) && <BlameOf verdict={verdict} />}
          <dl class="facts">
            <Fact name="Environment">{environment || '(none)'}</Fact>
            <Fact name="Named as">{verdict.resolution}</Fact>
            <Fact name="Confidence">{percent(verdict.confidence)}</Fact>
            <Fact name="Observers">
              {verdict.observersAgainst.length} against, {verdict.observersFor.length} for
              {verdict.observersDoubted.length > 0 && `, ${verdict.observersDoubted.length} doubted`}
            </Fact>
            {verdict.instances && (
              <Fact name="Instances">
                {verdict.instances.failing} of {verdict.instances.total} failing
                {verdict.instances.doubtful > 0 && `, ${verdict.instances.doubtful} doubtful`}
              </Fact>
            )}
            {verdict.suspicion && <Fact name="As an observer">{suspicionWords(verdict.suspicion)}</Fact>}
          </dl>
        </>
      ) : (
        <p class="verdict">
          <Status status="na" /> <span>It is forgotten by now; below is what the history says.</span>
        </p>
      )}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function BlameOf({ verdict: { environment, subject, blame } }: { readonly verdict: VerdictJson }): JSX.Element | null {
  if (!blame) return null;
  if (blame.root === subject) return <p class="blame">Nobody deeper explains it: the fault is its own.</p>;
  return (
    <nav class="blame" aria-label="Whose fault it is">
      <span>Brought about by</span>
      <ol>
        {blame.path.map((name, place) => (
          <li key={name}>
            {place > 0 && <i aria-hidden="true">→</i>}
            {name === subject ? (
              <span aria-current="page">{name}</span>
            ) : (
              <a href={subjectHash({ environment, subject: name })} class={name === blame.root ? 'culprit' : ''}>
                {name}
              </a>
            )}
          </li>
        ))}
      </ol>
      <span>{percent(blame.share)} of what could be known leads there</span>
    </nav>
  );
}

function suspicionWords({ reason, complaintCount, subjectCount }: NonNullable<VerdictJson['suspicion']>): string {
  return reason === 'overloaded'
    ? 'doubted: its own event loop is late'
    : `doubted: complains alone of ${complaintCount} of ${countText(subjectCount, 'subject')}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

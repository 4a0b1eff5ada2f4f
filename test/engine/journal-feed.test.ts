// SPDX-License-Identifier: Apache-2.0
/** What the engine tells its journal, how often, and what of it an engine that starts goes on with. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import type {
  Journal,
  JournalBatch,
  JournalProgress,
  Recovered,
  ViewCheckpoint,
  ViewKey,
  ViewRecord,
} from '../../src/engine/journal/journal.js';
import { NOTHING_RECOVERED } from '../../src/engine/journal/journal.js';
import { MemoryJournal } from '../../src/engine/journal/memory-journal.js';
import { JournalFeed } from '../../src/engine/journal-feed.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Transition } from '../../src/model/verdict.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, observationSpanOf, resourceOf } from '../support/spans.js';
import { transitionOf, verdictOf } from '../support/verdicts.js';
import { viewOf } from './journal/records.js';

/** A journal that writes when the test says so. */
class HeldJournal extends MemoryJournal implements Journal {
  override readonly keepsViews = true;
  readonly batches: JournalBatch[] = [];
  lagging = false;
  #progress: (progress: JournalProgress) => void = () => undefined;

  override write(batch: JournalBatch): void {
    this.batches.push(batch);
  }

  override onProgress(listener: (progress: JournalProgress) => void): void {
    this.#progress = listener;
  }

  override status() {
    return { ...super.status(), lagging: this.lagging };
  }

  tell(tellableSeq: number): void {
    this.#progress({ durableSeq: 0, tellableSeq });
  }

  written<Kind extends keyof JournalBatch>(kind: Kind) {
    return this.batches.flatMap((batch) => [...(batch[kind] ?? [])]);
  }
}

/** Views that have changed and gone, as a table of views would say. */
class FakeCheckpoint implements ViewCheckpoint {
  readonly layout = 'fake/1/3';
  changing: ViewRecord[] = [];
  going: ViewKey[] = [];

  changed(countMax: number): Iterable<ViewRecord> {
    return this.changing.splice(0, countMax);
  }

  changedOf(_environment: string, subject: string, countMax: number): Iterable<ViewRecord> {
    return this.changing.filter((view) => view.subject === subject).slice(0, countMax);
  }

  gone(): Iterable<ViewKey> {
    return this.going.splice(0);
  }

  restore(): void {}
}

let clock: FakeClock;
let journal: HeldJournal;
let told: Transition[];

beforeEach(() => {
  clock = new FakeClock();
  journal = new HeldJournal();
  told = [];
});

function engineOf(recovered?: Recovered): Engine {
  const onTransition = (transition: Transition) => told.push(transition);
  return new Engine({ judge: new MajorityJudge(), clock, journal, recovered, onTransition });
}

function observe(engine: Engine, content: Parameters<typeof observationSpanOf>[0]): void {
  engine.accept(batchOf({ resource: resourceOf('client', 'c1'), spans: [observationSpanOf(content, clock.nowMs())] }));
}

const ILL = { status: HealthStatus.UNHEALTHY, reason: 'timeout' } as const;

describe('a transition', () => {
  it('is told to nobody before the journal has it, and then once and in order', () => {
    const engine = engineOf();
    observe(engine, {});
    observe(engine, ILL);
    const [first, second] = journal.written('transitions');
    expect(engine.transitions(0, 10).transitions).toEqual([]);
    expect(told).toEqual([]);
    journal.tell(first?.seq ?? 0);
    expect(engine.transitions(0, 10)).toMatchObject({ transitions: [first], next: first?.seq });
    journal.tell(second?.seq ?? 0);
    journal.tell(first?.seq ?? 0);
    expect(told).toEqual([first, second]);
    expect(engine.transitions(0, 10).transitions).toEqual([first, second]);
  });
});

describe('evidence', () => {
  it('of one kind is gathered for a second, and counted', () => {
    const engine = engineOf();
    engine.tick();
    for (let call = 0; call < 5; call++) observe(engine, { ...ILL, count: 3 });
    observe(engine, { ...ILL, reason: 'reset' });
    observe(engine, {});
    expect(journal.written('evidence')).toEqual([]);
    clock.advance(1000);
    engine.tick();
    expect(journal.written('evidence').map(({ reason, count }) => [reason, count])).toEqual([
      ['timeout', 15],
      ['reset', 1],
    ]);
    clock.advance(1000);
    engine.tick();
    expect(journal.written('evidence')).toHaveLength(2);
  });

  it('is written when the engine stops', () => {
    const engine = engineOf();
    engine.tick();
    observe(engine, ILL);
    engine.stop();
    expect(journal.written('evidence')).toHaveLength(1);
  });

  it('of too many kinds for a second is written sooner', () => {
    const engine = engineOf();
    engine.tick();
    const spans = Array.from({ length: 12_000 }, (_, index) =>
      observationSpanOf({ ...ILL, observer: `c/${index}` }, clock.nowMs()),
    );
    engine.accept(batchOf({ resource: resourceOf('client', 'c1'), spans }));
    expect(journal.written('evidence')).toHaveLength(10_000);
  });
});

describe('views', () => {
  it('are written as they change, a second apart, and what is gone at once', () => {
    const checkpoint = new FakeCheckpoint();
    const feed = new JournalFeed(journal, checkpoint);
    checkpoint.changing = [viewOf('web/1', 1)];
    feed.tick(0);
    checkpoint.changing = [viewOf('web/1', 2)];
    checkpoint.going = [viewOf('web/2', 1)];
    feed.tick(999);
    expect(journal.written('views').map(({ lastMs }) => lastMs)).toEqual([1]);
    expect(journal.written('gone')).toHaveLength(1);
    feed.tick(1000);
    expect(journal.written('views').map(({ lastMs }) => lastMs)).toEqual([1, 2]);
  });

  it('are written with the verdict that is drawn from them', () => {
    const checkpoint = new FakeCheckpoint();
    const feed = new JournalFeed(journal, checkpoint);
    checkpoint.changing = [viewOf('web/1', 1), { ...viewOf('web/1', 1), subject: 'another' }];
    feed.transition(transitionOf(1));
    expect(journal.batches).toEqual([{ transitions: [transitionOf(1)], views: [viewOf('web/1', 1)] }]);
  });

  it('that are many are written some a tick, and none while the journal lags', () => {
    const checkpoint = new FakeCheckpoint();
    const feed = new JournalFeed(journal, checkpoint);
    checkpoint.changing = Array.from({ length: 5000 }, (_, index) => viewOf(`web/${index}`, 1));
    journal.lagging = true;
    feed.tick(0);
    expect(journal.written('views')).toHaveLength(0);
    journal.lagging = false;
    for (const [tick, count] of [2000, 4000, 5000].entries()) {
      feed.tick(100 * tick);
      expect(journal.written('views')).toHaveLength(count);
    }
  });
});

describe('an engine that starts with a history', () => {
  const earlier = () => {
    const seq = clock.nowMs() - 5000;
    const blame = { root: 'datanode/dn2', path: ['datanode/dn2'], share: 1 };
    const verdict = verdictOf({ subject: 'datanode/dn2', resolution: 'instance', sinceMs: seq - 100, blame });
    const transitions = [transitionOf(seq, { verdict })];
    return { ...NOTHING_RECOVERED, lastSeq: seq, transitions, verdicts: [verdict] };
  };

  it('shows its verdicts and transitions, and announces none of them again', () => {
    const recovered = earlier();
    const engine = engineOf(recovered);
    expect(engine.verdicts()).toEqual(recovered.verdicts);
    expect(engine.transitions(0, 10)).toMatchObject({ transitions: recovered.transitions, truncated: false });
    expect(engine.report({ environment: '', subject: 'datanode/dn2' })?.verdict).toEqual(recovered.verdicts[0]);
    engine.tick();
    expect(journal.written('transitions')).toEqual([]);
    expect(told).toEqual([]);
  });

  it('announces no failure again that goes on, and says when it ends', () => {
    const recovered = earlier();
    const engine = engineOf(recovered);
    observe(engine, { ...ILL, subject: 'datanode/dn2' });
    expect(engine.verdicts().map(({ status }) => status)).toEqual([HealthStatus.UNHEALTHY]);
    expect(journal.written('transitions')).toEqual([]);
    clock.advance(1000);
    observe(engine, { subject: 'datanode/dn2', count: 20 });
    const [transition] = journal.written('transitions');
    expect(transition).toMatchObject({
      from: { status: HealthStatus.UNHEALTHY },
      verdict: { status: HealthStatus.HEALTHY },
    });
    expect(transition?.seq).toBeGreaterThan(recovered.lastSeq);
  });

  it('lets a verdict stand for a minute that nobody speaks to, and then says that nothing is known', () => {
    const engine = engineOf(earlier());
    clock.advance(59_999);
    engine.tick();
    expect(journal.written('transitions')).toEqual([]);
    clock.advance(1);
    engine.tick();
    expect(journal.written('transitions').map(({ verdict }) => verdict.status)).toEqual([HealthStatus.NA]);
    expect(engine.verdicts()).toEqual([]);
  });

  it('numbers on above what was kept, although its clock was set back, and a reader keeps its place', () => {
    const recovered = { ...earlier(), lastSeq: clock.nowMs() + 3_600_000 };
    const engine = engineOf(recovered);
    observe(engine, { ...ILL, subject: 'another' });
    journal.tell(Number.MAX_SAFE_INTEGER);
    const { transitions, truncated } = engine.transitions(recovered.transitions[0]?.seq ?? 0, 10);
    expect(transitions.map(({ seq }) => seq)).toEqual([recovered.lastSeq + 1]);
    expect(truncated).toBe(false);
  });
});

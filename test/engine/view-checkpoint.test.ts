// SPDX-License-Identifier: Apache-2.0
/** Views go into a journal as they change, and an engine that gets them back judges as the one that wrote them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import {
  type Journal,
  type JournalBatch,
  NOTHING_RECOVERED,
  type Recovered,
  type ViewRecord,
} from '../../src/engine/journal/journal.js';
import { MemoryJournal } from '../../src/engine/journal/memory-journal.js';
import type { Judge } from '../../src/engine/verdict/judge.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { viewLayoutOf } from '../../src/engine/view-checkpoint.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Transition, Verdict } from '../../src/model/verdict.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, observationSpanOf, resourceOf } from '../support/spans.js';

/** Keeps what a file would keep. */
class KeepingJournal extends MemoryJournal implements Journal {
  override readonly keepsViews = true;
  readonly views = new Map<string, ViewRecord>();
  readonly verdicts = new Map<string, Verdict>();
  readonly log: Transition[] = [];
  writtenViewCount = 0;

  override write(batch: JournalBatch): void {
    for (const each of batch.gone ?? []) this.views.delete(`${each.subject} ${each.observer} ${each.operation}`);
    for (const each of batch.views ?? []) {
      this.writtenViewCount++;
      this.views.set(`${each.subject} ${each.observer} ${each.operation}`, { ...each, cells: each.cells.slice() });
    }
    for (const each of batch.transitions ?? []) {
      this.log.push(each);
      this.verdicts.set(each.verdict.subject, each.verdict);
    }
    super.write(batch);
  }

  recovered(): Recovered {
    const lastSeq = this.log.at(-1)?.seq ?? 0;
    const verdicts = [...this.verdicts.values()].filter(({ status }) => status !== HealthStatus.NA);
    return { ...NOTHING_RECOVERED, transitions: this.log, lastSeq, verdicts, views: [...this.views.values()] };
  }
}

let clock: FakeClock;
let journal: KeepingJournal;

beforeEach(() => {
  clock = new FakeClock();
  journal = new KeepingJournal();
});

function observe(engine: Engine, content: Parameters<typeof observationSpanOf>[0]): void {
  engine.accept(batchOf({ resource: resourceOf('client', 'c1'), spans: [observationSpanOf(content, clock.nowMs())] }));
}

const ILL = { status: HealthStatus.UNHEALTHY, reason: 'timeout' } as const;

/** A second of a small cluster in which `sick` is failing for everybody. */
function second(engine: Engine, observerCount: number): void {
  for (let index = 0; index < observerCount; index++) {
    observe(engine, { subject: 'well', observer: `c/${index}`, count: 10 });
    observe(engine, { ...ILL, subject: 'sick', observer: `c/${index}`, count: 3 });
  }
  clock.advance(1000);
  engine.tick();
}

const JUDGES: readonly (() => Judge)[] = [() => new MajorityJudge(), () => new SequentialJudge()];

describe.each(JUDGES.map((make) => [make().name, make] as const))('views of the %s judge', (_name, make) => {
  it('come back as they were: the next engine says the same, and announces nothing', () => {
    const first = new Engine({ judge: make(), clock, journal });
    for (let round = 0; round < 5; round++) second(first, 4);
    first.stop();
    const toldBefore = journal.log.length;
    expect(toldBefore).toBeGreaterThanOrEqual(2);
    const next = new Engine({ judge: make(), clock, journal, recovered: journal.recovered() });
    clock.advance(100);
    next.tick();
    first.tick();
    const said = (engine: Engine) =>
      engine.verdicts().map(({ evidence: _evidence, judgedMs: _judgedMs, ...rest }) => rest);
    expect(said(next)).toEqual(said(first));
    for (let round = 0; round < 3; round++) second(next, 4);
    expect(journal.log).toHaveLength(toldBefore);
  });

  it('come back with whose fault it is: an engine that has forgotten the reasons does not announce another culprit', () => {
    const first = new Engine({ judge: make(), clock, journal });
    const failing = (engine: Engine) => {
      second(engine, 4);
      observe(engine, { ...ILL, reason: 'server_error', subject: 'victim', observer: 'c/0', blamed: ['sick'] });
    };
    for (let round = 0; round < 5; round++) failing(first);
    first.stop();
    const toldBefore = journal.log.length;
    const next = new Engine({ judge: make(), clock, journal, recovered: journal.recovered() });
    clock.advance(1500);
    next.tick();
    for (let round = 0; round < 3; round++) failing(next);
    expect(journal.log).toHaveLength(toldBefore);
    expect(journal.verdicts.get('victim')?.blame?.root).toBe('sick');
  });

  it('are there as soon as the verdict is, however soon the engine was killed', () => {
    const first = new Engine({ judge: make(), clock, journal });
    for (let call = 0; call < 10; call++) {
      observe(first, { ...ILL, subject: 'sick' });
      clock.advance(300);
    }
    const told = journal.log.length;
    const next = new Engine({ judge: make(), clock, journal, recovered: journal.recovered() });
    observe(next, { ...ILL, subject: 'sick' });
    clock.advance(300);
    next.tick();
    expect(journal.log).toHaveLength(told);
    expect(next.verdicts()[0]?.status).toBe(HealthStatus.UNHEALTHY);
  });

  it('that are forgotten do not come back', () => {
    const engine = new Engine({ judge: make(), clock, journal, viewCountMax: 4 });
    second(engine, 4);
    observe(engine, { subject: 'another' });
    clock.advance(1000);
    engine.tick();
    expect([...journal.views.values()].filter(({ observer }) => observer !== '')).toHaveLength(4);
    expect(journal.views.has('another client/c1 POST /blocks/{id}')).toBe(true);
  });

  it('are written again only when they have changed', () => {
    const engine = new Engine({ judge: make(), clock, journal });
    second(engine, 4);
    const before = journal.writtenViewCount;
    clock.advance(5000);
    engine.tick();
    expect(journal.writtenViewCount).toBe(before);
    observe(engine, { subject: 'well', observer: 'c/1' });
    clock.advance(1000);
    engine.tick();
    // With what the callers say together, where that is kept.
    expect(journal.writtenViewCount - before).toBe(make().weighsTrust ? 2 : 1);
  });

  it('have a layout that names who can read them', () => {
    expect(viewLayoutOf(make())).toMatch(new RegExp(`^${make().name}/1/\\d+$`));
  });
});

describe('the callers of an operation together', () => {
  it('come back with the views, and go with the last of them', () => {
    const judge = new SequentialJudge();
    const first = new Engine({ judge, clock, journal });
    second(first, 4);
    const crowd = journal.views.get('sick  POST /blocks/{id}');
    expect(crowd?.cells.some((cell) => cell !== 0)).toBe(true);
    const again = new KeepingJournal();
    const next = new Engine({ judge, clock, journal: again, recovered: journal.recovered(), viewCountMax: 8 });
    observe(next, { ...ILL, subject: 'sick', observer: 'c/0' });
    observe(first, { ...ILL, subject: 'sick', observer: 'c/0' });
    for (const engine of [first, next]) engine.stop();
    expect(again.views.get('sick  POST /blocks/{id}')).toEqual(journal.views.get('sick  POST /blocks/{id}'));
    for (let index = 0; index < 8; index++) observe(next, { subject: `flood/${index}` });
    next.stop();
    expect([...again.views.keys()].filter((key) => key.startsWith('sick '))).toEqual([]);
  });
});

describe('judges', () => {
  it('have layouts of their own', () => {
    expect(new Set(JUDGES.map((make) => viewLayoutOf(make()))).size).toBe(JUDGES.length);
  });
});

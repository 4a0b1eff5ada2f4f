// SPDX-License-Identifier: Apache-2.0
/** What is remembered of how well senders are set up: of the last two minutes, and never more than a bounded number. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  GENERATION_MS,
  mergedSummary,
  type ServiceNote,
  SetUpSample,
} from '../../../src/engine/doctor/set-up-sample.js';
import { formatIdentity } from '../../../src/model/identity.js';

const START_MS = 1_700_000_000_000;

let sample: SetUpSample;
let nowMs: number;

beforeEach(() => {
  sample = new SetUpSample();
  nowMs = START_MS;
});

function note(service: string, instance?: string, spanCount = 1): ServiceNote {
  const observer = formatIdentity({ service, instance });
  return sample.noteBlock({ environment: '', observer, spanCount, isGuest: false, correctionMs: 0 }, nowMs);
}

const services = () => sample.summary(nowMs).services.map(({ service, spans }) => [service, spans]);

describe('a sample', () => {
  it('adds up what the instances of a service send', () => {
    note('shop', 's1', 3);
    note('shop', 's2', 4);
    note('web', 'w1');
    expect(services()).toEqual([
      ['shop', 7],
      ['web', 1],
    ]);
    expect(sample.summary(nowMs).sinceMs).toBe(START_MS);
  });

  it('tells two environments apart', () => {
    for (const environment of ['prod', 'test']) {
      const observer = formatIdentity({ service: 'shop', instance: undefined });
      sample.noteBlock({ environment, observer, spanCount: 1, isGuest: false, correctionMs: 0 }, nowMs);
    }
    expect(sample.summary(nowMs).services.map(({ environment }) => environment)).toEqual(['prod', 'test']);
  });

  it('holds what it is told for one to two minutes, and then no more', () => {
    note('shop', 's1');
    nowMs += GENERATION_MS - 1;
    expect(services()).toEqual([['shop', 1]]);
    nowMs += 1;
    note('web', 'w1');
    expect(services()).toEqual([
      ['shop', 1],
      ['web', 1],
    ]);
    nowMs += GENERATION_MS;
    expect(services()).toEqual([['web', 1]]);
    nowMs += 2 * GENERATION_MS;
    expect(services()).toEqual([]);
  });

  it('counts a service in both of its minutes once, with all of its numbers', () => {
    const first = note('shop', undefined, 2);
    first.calls += 2;
    first.unidentified++;
    sample.addExample(first, 'GET', { 'http.request.method': 'GET' });
    nowMs += GENERATION_MS;
    const second = note('shop', undefined, 3);
    second.served += 3;
    second.unidentified += 2;
    first.late++;
    first.latestMs = 90_000;
    second.late += 2;
    second.latestMs = 70_000;
    sample.addExample(second, 'GET', { 'http.request.method': 'GET' });
    sample.addExample(second, 'PUT', {});
    expect(sample.summary(nowMs).services).toEqual([
      {
        ...{ environment: '', service: 'shop', spans: 5, withoutInstance: 5, calls: 2, unidentified: 3 },
        ...{ accounted: 0, observations: 0, served: 3, answers: 0, late: 3, latestMs: 90_000 },
        examples: [
          { span: 'GET', attributes: ['http.request.method'] },
          { span: 'PUT', attributes: [] },
        ],
      },
    ]);
  });

  it('is no larger after twenty thousand names than after five thousand', () => {
    const size = () => JSON.stringify(sample.summary(nowMs)).length;
    const attributes = Object.fromEntries(Array.from({ length: 50 }, (_, key) => [`key-${key}`.padEnd(500), 1]));
    const flood = (count: number) => {
      for (let index = 0; index < count; index++) {
        const each = note(`service-${index}`.padEnd(200, 'x'));
        sample.addExample(each, `span ${index}`.padEnd(5000), attributes);
      }
    };
    flood(5000);
    const before = size();
    flood(20_000);
    expect(size()).toBeLessThan(before * 1.01);
    expect(before).toBeLessThan(2_000_000);
    const { services: kept } = sample.summary(nowMs);
    expect(kept).toHaveLength(1001);
    expect(kept.reduce((sum, { spans }) => sum + spans, 0)).toBe(25_000);
  });

  it('names an observer whose clock is off once, with what is taken off now', () => {
    for (const correctionMs of [-60_000, -61_000]) {
      const observer = formatIdentity({ service: 'shop', instance: 's1' });
      sample.noteBlock({ environment: '', observer, spanCount: 1, isGuest: false, correctionMs }, nowMs);
    }
    expect(sample.summary(nowMs).skewed).toEqual([{ environment: '', observer: 'shop/s1', correctionMs: -61_000 }]);
  });
});

describe('several summaries', () => {
  it('are one of all that they hold, so that threads can sample apart', () => {
    const other = new SetUpSample();
    note('shop', 's1', 2).calls = 2;
    const observer = formatIdentity({ service: 'shop', instance: 's2' });
    const theirs = other.noteBlock({ environment: '', observer, spanCount: 5, isGuest: false, correctionMs: 0 }, nowMs);
    theirs.calls = 1;
    other.notePairing();
    sample.notePairing();
    const { services: both, pairings } = mergedSummary([sample.summary(nowMs), other.summary(nowMs + 5)]);
    expect(both).toMatchObject([{ service: 'shop', spans: 7, calls: 3 }]);
    expect(pairings).toBe(2);
  });
});

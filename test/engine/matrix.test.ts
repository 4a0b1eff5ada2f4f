// SPDX-License-Identifier: Apache-2.0
/** Who finds whom how, with those first of whom something is wrong. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { parseEngineOptions } from '../../src/engine/options.js';
import { judgeOf } from '../../src/engine/verdict/presets.js';
import { HealthStatus } from '../../src/model/status.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, observationSpanOf, resourceOf } from '../support/spans.js';

const { HEALTHY, UNHEALTHY } = HealthStatus;

let clock: FakeClock;
let engine: Engine;

beforeEach(() => {
  clock = new FakeClock();
  engine = new Engine({ judge: judgeOf(parseEngineOptions()), clock });
});

/** Ten calls of an observer to a subject in one operation, all ending alike. */
function told(observer: string, subject: string, status: typeof HEALTHY | typeof UNHEALTHY, operation = 'GET'): void {
  const reason = status === HEALTHY ? 'ok' : 'timeout';
  const spans = Array.from({ length: 10 }, () => {
    clock.advance(100);
    const content = { observer, subject, operation, status, reason } as const;
    return observationSpanOf(content, clock.nowMs());
  });
  engine.accept(batchOf({ resource: resourceOf('web', 'w1'), spans }));
  engine.tick();
}

const rows = (countMax: number) =>
  engine.matrix(countMax).views.map(({ observer, subject, status }) => `${observer} ${subject} ${status}`);

describe('the matrix', () => {
  it('has each pair once, as the worst of its operations', () => {
    told('web/1', 'db/1', HEALTHY);
    told('web/1', 'db/1', UNHEALTHY, 'PUT');
    told('web/2', 'db/1', HEALTHY);
    expect(rows(10).sort()).toEqual([`web/1 db/1 ${UNHEALTHY}`, `web/2 db/1 ${HEALTHY}`]);
    expect(engine.matrix(10).leftOut).toBe(0);
  });

  it('has those first whose subject is not well, and says how many pairs are left out', () => {
    for (const each of [1, 2, 3]) told('web/1', `db/${each}`, HEALTHY);
    told('web/2', 'db/3', UNHEALTHY);
    expect(rows(2).sort()).toEqual([`web/1 db/3 ${HEALTHY}`, `web/2 db/3 ${UNHEALTHY}`]);
    expect(engine.matrix(2).leftOut).toBe(2);
    expect(engine.matrix(0)).toEqual({ views: [], leftOut: 4 });
  });

  it('forgets a pair of which nothing was heard for long', () => {
    told('web/1', 'db/1', HEALTHY);
    clock.advance(120_000);
    engine.tick();
    expect(rows(10)).toEqual([]);
  });
});

// SPDX-License-Identifier: Apache-2.0
/** What a watch draws, and from what it knows. */
import { describe, expect, it } from 'vitest';
import { paintFor } from '../../src/cli/text.js';
import { Fleet } from '../../src/cli/watch/fleet.js';
import { type FrameParts, frameOf, roomFor } from '../../src/cli/watch/frame.js';
import { keysIn } from '../../src/cli/watch/screen.js';
import { widthOf } from '../../src/cli/width.js';
import type { VerdictJson } from '../../src/engine/api/shapes.js';

function verdictOf(subject: string, status: VerdictJson['status'] = 'unhealthy'): VerdictJson {
  return {
    environment: '',
    subject,
    resolution: 'service',
    status,
    failure: status === 'healthy' ? 'none' : 'crash',
    reason: status === 'healthy' ? 'ok' : 'timeout',
    split: [],
    sinceMs: 0,
    judgedMs: 0,
    operations: [{ operation: 'GET', status, observersFor: [], observersAgainst: ['web'] }],
    observersFor: [],
    observersAgainst: ['web'],
    observersDoubted: [],
    systemView: 'na',
    confidence: 0.5,
    blame: undefined,
    suspicion: undefined,
    instances: undefined,
    evidence: [],
  };
}

const MANY = Array.from({ length: 100 }, (_, index) => verdictOf(`shop/s${index}`));

function frame(parts: Partial<FrameParts>): readonly string[] {
  const verdicts = parts.verdicts ?? MANY;
  return frameOf({
    verdicts,
    knownCount: verdicts.length,
    nowMs: 60_000,
    time: '12:00:00',
    columns: 80,
    rows: 24,
    top: 0,
    filter: '',
    isTyping: false,
    isLost: false,
    paint: paintFor({ isTTY: false }),
    ...parts,
  });
}

describe('a picture', () => {
  it.each([
    [24, 80],
    [10, 40],
    [6, 20],
    [5, 1],
    [3, 80],
    [1, 10],
  ])('has %i lines, none wider than %i, however many subjects there are', (rows, columns) => {
    for (const verdicts of [[], MANY.slice(0, 2), MANY]) {
      const lines = frame({ rows, columns, verdicts });
      expect(lines).toHaveLength(rows);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
    }
  });

  it('says how many are not shown', () => {
    expect(roomFor(24)).toBe(19);
    expect(frame({}).at(-2)).toBe('… and 81 more');
    expect(frame({ top: 50 }).at(-2)).toBe('50 above, … and 31 more');
    expect(frame({ top: 81 }).at(-2)).toBe('81 above');
    expect(frame({ verdicts: MANY.slice(0, 19) }).at(-2)).toBe('');
  });

  it('says what is filtered, that nothing is known, and that the engine is gone', () => {
    expect(frame({ filter: 's1', knownCount: 500 })[0]).toBe('12:00:00  subjects: 100 of 500  (100 unhealthy)');
    expect(frame({ filter: 's1', isTyping: true }).at(-1)).toMatch(/^\/s1▏ +Enter/);
    expect(frame({ verdicts: [] }).join('\n')).toContain('panorama doctor');
    expect(frame({ verdicts: [], knownCount: 5 }).join('\n')).toContain('No subject is as the filter has it');
    expect(frame({ isLost: true })[0]).toBe('12:00:00  the engine does not answer; still asking');
  });
});

describe('what a watch knows', () => {
  const event = (seq: number, verdict: VerdictJson) => ({
    seq,
    atMs: 0,
    from: { status: 'na', failure: 'none' } as const,
    cause: null,
    verdict,
  });
  const everybody = () => true;

  it('is the last full answer and the changes after it, the worst first', () => {
    const fleet = new Fleet();
    fleet.learn([verdictOf('a'), verdictOf('b', 'healthy')], 7);
    fleet.change(event(7, verdictOf('a', 'healthy')));
    fleet.change(event(8, verdictOf('c', 'dead')));
    expect(fleet.shown(everybody, '').map(({ subject, status }) => `${subject} ${status}`)).toEqual([
      'c dead',
      'a unhealthy',
      'b healthy',
    ]);
    fleet.learn([], 9);
    expect(fleet.size).toBe(0);
  });

  it('is searched by names, operations and observers, in either case', () => {
    const fleet = new Fleet();
    fleet.learn([...MANY, verdictOf('Stock', 'healthy')], 1);
    expect(fleet.shown(everybody, 's9')).toHaveLength(11);
    expect(fleet.shown(everybody, 'stock')).toHaveLength(1);
    expect(fleet.shown(everybody, 'WEB')).toHaveLength(101);
    expect(fleet.shown(({ status }) => status === 'healthy', 'get')).toHaveLength(1);
  });
});

it('keys that come together are told apart', () => {
  expect(keysIn('j\u001b[6~\u001b[A\u001bOBé\r')).toEqual(['j', '\u001b[6~', '\u001b[A', '\u001bOB', 'é', '\r']);
  expect(keysIn('\u001b')).toEqual(['\u001b']);
});

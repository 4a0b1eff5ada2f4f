// SPDX-License-Identifier: Apache-2.0
/** Runs every scenario of this folder on every judge. What a verdict means is written in the `.txt` files. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import type { FailureKind, GraySplit, Suspicion } from '../../src/model/verdict.js';
import { reconcile } from '../support/generated-part.js';
import { runScenario } from '../support/scenario.js';
import { quadrantTable } from './quadrant-table.js';

const JUDGES = [new MajorityJudge(), new SequentialJudge()];
const SCENARIOS = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => ({ name, text: readFileSync(path.join(import.meta.dirname, name), 'utf8') }));
/** What is left to chance in scenarios goes by this, and stands in every failed expectation. */
const SEED = fc.readConfigureGlobal().seed ?? Date.now();

/** Lines that expect something of a judge, without their comments. */
function expectationsOf(text: string, judge: string): readonly string[] {
  const lines = text.match(/^(?:by \w+ )?at \S+ expect [^#\n]+/gm) ?? [];
  return lines.filter((line) => !line.startsWith('by ') || line.startsWith(`by ${judge} `));
}

describe.each(JUDGES)('by the $name judge', (judge) => {
  const scenarios = SCENARIOS.filter(({ text }) => expectationsOf(text, judge.name).length > 0);

  it.each(scenarios)('$name', ({ text }) => {
    runScenario(text, judge, SEED);
  });
});

describe('the scenarios', () => {
  const expectations = SCENARIOS.flatMap(({ text }) => JUDGES.flatMap(({ name }) => expectationsOf(text, name)));

  it('are many, and each opens with its rule as a sentence', () => {
    expect(SCENARIOS.length).toBeGreaterThanOrEqual(60);
    const unruly = SCENARIOS.filter(({ text }) => !/^# [A-Z](?:[^\n]|\n# )*\.\n(?:# callers: |[^#])/.test(text));
    expect(unruly.map(({ name }) => name)).toEqual([]);
  });

  it('expect something, each of one judge at the least: what expects nothing cannot fail', () => {
    const idle = SCENARIOS.filter(({ text }) => JUDGES.every(({ name }) => expectationsOf(text, name).length === 0));
    expect(idle.map(({ name }) => name)).toEqual([]);
  });

  it.each<FailureKind>(['none', 'masked', 'gray', 'crash'])('show a failure of the kind %s', (kind) => {
    expect(expectations.filter((line) => new RegExp(` ${kind}\\b`).test(line))).not.toEqual([]);
  });

  it.each<GraySplit>(['operation', 'observer', 'self-report'])(
    'show a gray failure that the %s splits, alone',
    (split) => {
      expect(expectations.filter((line) => new RegExp(` gray split ${split}(?! *,)`).test(line))).not.toEqual([]);
    },
  );

  it.each<Suspicion['reason']>(['alone', 'overloaded'])(
    'show an observer that is suspected because it is %s',
    (reason) => {
      expect(expectations.filter((line) => line.includes(` suspect ${reason}`))).not.toEqual([]);
    },
  );

  it('make the table of quadrants in docs/verdicts.md', () => {
    const opening = '<!-- generated from test/scenarios: the quadrants -->';
    const { shown, made } = reconcile(opening, '<!-- end -->', quadrantTable(SCENARIOS, new SequentialJudge(), SEED));
    expect(shown).toBe(made);
  });
});

describe('the scenario language', () => {
  const STORY = ['at 1s a sees b unhealthy', 'at 2s a sees b unhealthy', 'at 3s a sees b unhealthy'].join('\n');

  it.each([
    'b healthy',
    'b unhealthy gray',
    'b unhealthy because refused',
    'b unhealthy split observer',
    'b unhealthy since 2s',
    'b unhealthy for a',
    'b unhealthy against c',
    'b unhealthy doubting a',
    'b unhealthy itself healthy',
    'b unhealthy blame a',
    'b unhealthy blame b through a',
    'b unhealthy no blame',
    'b unhealthy suspect alone',
    'b unhealthy suspect overloaded 1 of 1',
    'b unhealthy 1 of 2 instances',
    'b went na, healthy, unhealthy',
    'b went na, unhealthy',
    'b went na, maybe_unhealthy by time, unhealthy',
    'b went na, maybe_unhealthy at 2s, unhealthy',
    'b went na, maybe_unhealthy crash, unhealthy',
    'c unhealthy',
    'only c ill',
    'nobody ill',
  ])('fails where it expects %s and that is not so, and names the line', (expectation) => {
    expect(() => runScenario(`${STORY}\nat 3s expect ${expectation}`, new SequentialJudge())).toThrow(/line 4: expect/);
  });

  it('holds where all that is expected is so', () => {
    const so = 'b unhealthy because error crash since 1s against a itself silent blame b no suspect';
    const story = STORY.replaceAll('unhealthy', 'unhealthy because error');
    runScenario(`${story}\nat 3s expect ${so}\nat 3s expect only b ill`, new SequentialJudge());
  });

  it.each([
    ['a greets b', /line 1: not understood/],
    ['a sees b splendid', /line 1: no status: splendid/],
    ['a sees b unhealthy because rain', /line 1: no reason: rain/],
    ['a sees b healthy quickly', /line 1: not understood: quickly/],
    ['a sees b healthy taking long', /line 1: no time: long/],
    ['a, very late, sees b healthy', /line 1: no time: very/],
    ['a calls b because hung', /line 1: no call ends so: hung/],
    ['a calls b loudly', /line 1: not understood: loudly/],
    ['a calls b, c greets d', /line 1: not understood/],
    ['losing 30% a calls b', /line 1: not understood/],
    ['expect b', /line 1: not understood/],
    ['expect b unhealthy today', /line 1: not understood: today/],
    ['expect b went well', /line 1: no status: well/],
    ['expect only b ill today', /line 1: not understood: today/],
  ])('refuses the line: %s', (line, complaint) => {
    expect(() => runScenario(`at 1s ${line}`, new MajorityJudge())).toThrow(complaint);
  });

  it.each([
    ['a sees b healthy', /line 1: no time in/],
    ['at noon a sees b healthy', /line 1: no time: noon/],
    ['from 0s to 5s every 0s a sees b healthy', /line 1: nothing can be every 0s/],
    ['by chance at 1s a sees b healthy', /line 1: no judge: chance/],
    ['by sequential at 1s a greets b', /line 1: not understood/],
  ])('refuses the line of no time or judge: %s', (line, complaint) => {
    expect(() => runScenario(line, new MajorityJudge())).toThrow(complaint);
  });
});

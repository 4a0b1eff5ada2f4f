// SPDX-License-Identifier: Apache-2.0
/** Runs every scenario of this folder on every judge. What a verdict means is written in the `.txt` files. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { runScenario } from '../support/scenario.js';

const JUDGES = [new MajorityJudge(), new SequentialJudge()];
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

describe.each(JUDGES)('by the $name judge', (judge) => {
  it.each(files)('%s', (file) => {
    const text = readFileSync(path.join(import.meta.dirname, file), 'utf8');
    expect(text, 'a scenario that expects nothing cannot fail').toMatch(/ expect /);
    runScenario(text, judge);
  });
});

describe('the scenario language', () => {
  it('fails where an expectation does not hold, and names the line', () => {
    const wrong = 'at 1s a sees b unhealthy\nat 1s expect b healthy';
    expect(() => runScenario(wrong, new MajorityJudge())).toThrow(/line 2/);
  });

  it('refuses a line that it does not understand', () => {
    expect(() => runScenario('at 1s a greets b', new MajorityJudge())).toThrow(/line 1: not understood/);
  });
});

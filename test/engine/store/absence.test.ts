// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Absence } from '../../../src/engine/store/absence.js';

describe('the absence of a subject', () => {
  it('is over when whoever was refused is answered, for refusals before that', () => {
    const absence = new Absence();
    absence.refused('a', 10);
    expect(absence.isOverSince(10, 10)).toBe(false);
    absence.answered('b', 20);
    expect(absence.isOverSince(10, 10)).toBe(false);
    absence.answered('a', 20);
    expect(absence.isOverSince(10, 10)).toBe(true);
    expect(absence.isOverSince(10, 20)).toBe(false);
    expect(absence.isOverSince(11, 15)).toBe(false);
  });

  it('tells how many others were refused since a time, whether they were answered after that or not', () => {
    const absence = new Absence();
    absence.refused('a', 10);
    absence.refused('b', 20);
    absence.refused('b', 15);
    absence.refused('c', 30);
    absence.answered('c', 40);
    expect(absence.othersSince('a', 20)).toBe(2);
    expect(absence.othersSince('a', 21)).toBe(1);
    expect(absence.othersSince('c', 0)).toBe(2);
  });

  it('remembers 64 observers, and forgets those first that were answered', () => {
    const absence = new Absence();
    for (let count = 0; count < 64; count++) absence.refused(`o${count}`, 10);
    absence.refused('one more', 20);
    expect(absence.othersSince('', 20)).toBe(0);
    absence.answered('o7', 15);
    absence.refused('one more', 20);
    expect(absence.othersSince('', 20)).toBe(1);
    expect(absence.othersSince('', 10)).toBe(64);
  });
});

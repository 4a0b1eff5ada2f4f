// SPDX-License-Identifier: Apache-2.0
/** Refused requests are told, and nobody fills a log by being refused. */
import { beforeEach, describe, expect, it } from 'vitest';
import { RefusalLog } from '../../src/engine/refusal-log.js';
import { PanoramaError } from '../../src/model/errors.js';
import { FakeClock } from '../support/fake-clock.js';

let lines: { fields: object; message: string }[];
let clock: FakeClock;
let log: RefusalLog;

beforeEach(() => {
  lines = [];
  clock = new FakeClock();
  log = new RefusalLog({ warn: (fields, message) => lines.push({ fields, message }) }, clock);
});

const refuse = (count: number, code: 'PANO_UNAUTHENTICATED' | 'PANO_OVERLOADED' = 'PANO_UNAUTHENTICATED') => {
  for (let index = 0; index < count; index++) log.note(new PanoramaError(code, 'no'), `10.0.0.1:${index}`);
};

describe('refused requests', () => {
  it('are told with their code and sender', () => {
    refuse(1);
    expect(lines).toEqual([{ fields: { code: 'PANO_UNAUTHENTICATED', peer: '10.0.0.1:0' }, message: 'no' }]);
  });

  it('are ten lines a while however many there are, and the next while tells how many were left out', () => {
    refuse(1_000_000);
    expect(lines).toHaveLength(10);
    clock.advance(10_000);
    refuse(2);
    expect(lines.slice(10).map(({ fields }) => fields)).toEqual([
      { code: 'PANO_UNAUTHENTICATED', peer: '10.0.0.1:0', untold: 999_990 },
      { code: 'PANO_UNAUTHENTICATED', peer: '10.0.0.1:1' },
    ]);
  });

  it('of one kind hide none of another', () => {
    refuse(100);
    refuse(1, 'PANO_OVERLOADED');
    expect(lines.at(-1)?.fields).toMatchObject({ code: 'PANO_OVERLOADED' });
  });
});

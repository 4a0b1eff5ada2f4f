// SPDX-License-Identifier: Apache-2.0
/** Whatever is thrown where something could not be sent, the log has words for it. */
import { expect, it } from 'vitest';
import { wordsOf } from '../../../src/engine/bridge/failure-words.js';

const refused = new Error('connect ECONNREFUSED 127.0.0.1:4318');
/** What Node throws of a name with several addresses. */
const refusedByAll = Object.assign(new AggregateError([refused, refused]), { code: 'ECONNREFUSED' });

it.each([
  ['its own', new Error('socket hang up'), 'socket hang up'],
  ['those of its cause', new TypeError('fetch failed', { cause: refused }), refused.message],
  ['a code where there are none', refusedByAll, 'ECONNREFUSED'],
  ['the code of its cause', new TypeError('fetch failed', { cause: refusedByAll }), 'ECONNREFUSED'],
  ['a name where there is nothing else', new RangeError(), 'RangeError'],
  ['those of a text', 'no', 'no'],
  ['one for nothing', '', 'unknown'],
])('a failure has %s', (_, thrown, words) => {
  expect(wordsOf(thrown)).toBe(words);
});

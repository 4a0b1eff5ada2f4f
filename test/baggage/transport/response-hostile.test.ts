// SPDX-License-Identifier: Apache-2.0
/** Answers as no decent callee would give them: whatever stands in the header, the call and what the caller has stay whole. */
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import type { Tuple } from '../../../src/baggage/bag/packing.js';
import { BLAME } from '../../../src/baggage/blame.js';
import { fork, pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { BaggageScope, baggageCounts } from '../../../src/baggage/scope.js';
import { ANSWER_HEADER, bagOfText, textOfBag } from '../../../src/baggage/transport/header-text.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { callTo, request, STRANGER, serveRaw, startHere } from './fixtures/one-process.js';
import { WAYS } from './fixtures/ways.js';

startHere(withResponses([new HttpInstrumentation(), new UndiciInstrumentation()]));

/** An answer as a callee of this name would give it. */
function answerOf(subject: string, ...tuples: Tuple[]): string {
  const scope = new BaggageScope();
  scope.subject = subject;
  for (const tuple of tuples) scope.pack('seen', tuple);
  return textOfBag(scope.answer() as Uint8Array);
}

/** A server that answers with these lines in its head. */
const answering = (lines: readonly string[], host?: string, before = '') =>
  serveRaw((socket) => {
    socket.once('data', () =>
      socket.end(
        [`${before}HTTP/1.1 200 OK`, 'Content-Length: 4', 'Connection: close', ...lines, '', 'well'].join('\r\n'),
      ),
    );
  }, host);

const CLIENT = { at: 'client' };
const CALLEE = { at: 'callee' };

/** Calls in a scope of its own. @returns the scope's tuples, the span's attributes, and how many bags were malformed */
async function told(call: (url: string) => Promise<number>, url: string) {
  const before = baggageCounts();
  const tuples = await withBaggage(async () => {
    pack('seen', CLIENT);
    expect(await call(`${url}/x`)).toBe(200);
    return unpack('seen');
  });
  const { attributes } = await callTo(`${url}/x`);
  const after = baggageCounts();
  expect(after.faults).toBe(before.faults);
  return { tuples, subject: attributes['panorama.subject'], malformed: after.malformed - before.malformed, attributes };
}

describe.each(Object.entries(WAYS))('to a call by %s', (_, call) => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['blanks and commas', ' , ,, '],
    ['words', 'well, well'],
    ['base64 that is padded', 'Zm9v=='],
    ['random bytes', '_____wAAAA'],
    ['JSON', '{"subject":"datanode/dn1"}'],
    ['bytes past ASCII', '\u00e9\u00ff'],
    ['half an answer', answerOf('datanode/dn1', CALLEE).slice(0, 40)],
    ['12,000 characters', 'A'.repeat(12_000)],
  ])('%s in the header is dropped, and counted once for each', async (__, value) => {
    const wrong = value.split(',').length;
    const { tuples, subject, malformed } = await told(call, await answering([`${ANSWER_HEADER}: ${value}`]));
    expect(tuples).toEqual([CLIENT]);
    expect(subject).toBeUndefined();
    expect(malformed).toBe(wrong);
  });

  it('a head of more than Node reads fails as ever', async () => {
    const url = await answering([`${ANSWER_HEADER}: ${'A'.repeat(20_000)}`]);
    await expect(withBaggage(() => call(url))).rejects.toThrow(/fetch failed|overflow/);
    await expect(call(url)).rejects.toThrow(/fetch failed|overflow/);
  });

  it('a header that is repeated, in lines of its own or in one, brings every answer', async () => {
    const [one, two, three] = [1, 2, 3].map((n) => answerOf(`datanode/dn${n}`, { n }));
    const url = await answering([`${ANSWER_HEADER}: ${one}`, `Panorama-Baggage:${two},  ${three}`]);
    const { tuples, subject } = await told(call, url);
    expect(tuples).toEqual([CLIENT, { n: 1 }, { n: 2 }, { n: 3 }]);
    expect(subject).toBe('datanode/dn3');
  });

  it('the same answer a second time brings nothing new', async () => {
    const answer = answerOf('datanode/dn1', CALLEE);
    const { tuples } = await told(call, await answering([`${ANSWER_HEADER}: ${answer}, ${answer}`]));
    expect(tuples).toEqual([CLIENT, CALLEE]);
  });

  it('a thousand answers bring those that a few proxies could have added', async () => {
    const answers = Array.from({ length: 100 }, (__, n) => answerOf('datanode/dn1', { n }));
    const url = await answering([`${ANSWER_HEADER}: ${answers.join(',')}`]);
    expect((await told(call, url)).tuples).toHaveLength(1 + 8);
  });

  it('good answers count beside bad ones', async () => {
    const url = await answering([`${ANSWER_HEADER}: bad!, ${answerOf('datanode/dn1', CALLEE)}`]);
    expect(await told(call, url)).toMatchObject({ tuples: [CLIENT, CALLEE], subject: 'datanode/dn1', malformed: 1 });
  });

  it.each(['a b', 'a\nb', 'x'.repeat(600), ''])('a name that is none (%j) names nobody', async (name) => {
    const { subject, tuples } = await told(call, await answering([`${ANSWER_HEADER}: ${answerOf(name, CALLEE)}`]));
    expect(subject).toBeUndefined();
    expect(tuples).toEqual([CLIENT, CALLEE]);
  });

  it('blame of what is no name accuses nobody', async () => {
    const scope = new BaggageScope();
    for (const subject of ['datanode/dn2', 'a\nb', ' ', 'x'.repeat(500)]) {
      scope.pack(BLAME, { observer: 'datanode/dn1', subject, operation: 'GET', reason: 'reset' });
    }
    scope.pack(BLAME, { observer: 'datanode/dn1', subject: 7, operation: 'GET', reason: 'reset' });
    const text = textOfBag(scope.answer() as Uint8Array);
    const { attributes } = await told(call, await answering([`${ANSWER_HEADER}: ${text}`]));
    expect(attributes['panorama.blame']).toEqual(['datanode/dn2']);
  });

  it('a header with an informational response is none of an answer', async () => {
    const hints = `HTTP/1.1 103 Early Hints\r\n${ANSWER_HEADER}: ${answerOf('hinter', { at: 'hinter' })}\r\n\r\n`;
    const url = await answering([`${ANSWER_HEADER}: ${answerOf('datanode/dn1', CALLEE)}`], undefined, hints);
    expect(await told(call, url)).toMatchObject({ tuples: [CLIENT, CALLEE], subject: 'datanode/dn1' });
  });

  it('a header from a destination that may have no baggage changes nothing', async () => {
    const url = await answering([`${ANSWER_HEADER}: ${answerOf('datanode/dn1', CALLEE)}`], STRANGER);
    expect(await told(call, url)).toMatchObject({ tuples: [CLIENT], subject: undefined, malformed: 0 });
  });
});

describe("somebody else's part of the clock", () => {
  /** Takes the bags of so many requests, and answers each as `answer` says. */
  const swapping = (count: number, answer: (bags: readonly Baggage[], index: number) => Uint8Array) => {
    const bags: Baggage[] = [];
    const answers: (() => void)[] = [];
    return serveRaw((socket) => {
      socket.once('data', (bytes) => {
        const index = bags.push(bagOfText(/panorama\.bag=([\w-]*)/.exec(String(bytes))?.[1] ?? '') as Baggage) - 1;
        const head = () =>
          `HTTP/1.1 204 No\r\nConnection: close\r\n${ANSWER_HEADER}: ${textOfBag(answer(bags, index))}\r\n\r\n`;
        answers.push(() => socket.end(head()));
        if (answers.length === count) for (const each of answers.splice(0)) each();
      });
    });
  };

  const workOn = (bag: Baggage | undefined, index: number) => {
    const work = Baggage.enter(bag as Baggage);
    work.pack('seen', { at: `callee ${index}` });
    return work.answer().serialize();
  };
  const seen = () => unpack('seen').map(({ at }) => String(at));

  it.each<[string, (bags: readonly Baggage[], index: number) => Uint8Array]>([
    ["the other callee's", (bags, index) => workOn(bags[1 - index], index)],
    ["the first callee's, twice", (bags, index) => workOn(bags[0], index)],
    ['the whole of it', (bags, index) => workOn(new Baggage(frameOf(bags[0] as Baggage)), index)],
  ])('(%s) gives each tuple once, and goes on', async (_, answer) => {
    const url = await swapping(2, answer);
    await withBaggage(async () => {
      pack('seen', CLIENT);
      await Promise.all([request(url), request(url)]);
      const expected = ['callee 0', 'callee 1', 'client'];
      expect(seen().sort()).toEqual(expected);
      pack('seen', { at: 'later' });
      await fork(async () => pack('seen', { at: 'in a fork' }));
      expect(seen().sort()).toEqual([...expected, 'in a fork', 'later']);
    });
  });

  it('(the request itself, sent back) brings nothing twice', async () => {
    const url = await swapping(1, (bags) => (bags.at(-1) as Baggage).serialize());
    await withBaggage(async () => {
      for (let n = 1; n <= 3; n++) {
        pack('seen', { at: n });
        await request(url);
      }
      expect(seen()).toEqual(['1', '2', '3']);
    });
  });
});

/** The name of the clock that a bag's bytes begin with. */
function frameOf(bag: Baggage): Uint8Array {
  const bytes = bag.serialize();
  return bytes.slice(2, 2 + (bytes[1] ?? 0));
}

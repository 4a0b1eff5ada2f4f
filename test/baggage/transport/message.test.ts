// SPDX-License-Identifier: Apache-2.0
/** Baggage in the headers of messages: to one consumer or to many, once or again, and back with a reply. */
import { context, SpanKind, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { remainingMs, withDeadline } from '../../../src/baggage/deadline.js';
import { fork, pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { activeScope, baggageCounts } from '../../../src/baggage/scope.js';
import { ANSWER_HEADER } from '../../../src/baggage/transport/header-text.js';
import { injectMessage, joinReply, replyMessage, withMessage } from '../../../src/baggage/transport/message.js';
import { startHere } from './fixtures/one-process.js';

startHere();

const names = () => unpack('seen').map(({ at }) => at);
const see = (at: string) => pack('seen', { at });
/** Through a broker: nothing but text arrives. */
type Headers = Record<string, string>;

const sent = (headers: Headers): Headers => JSON.parse(JSON.stringify(headers));

/** A consumer: it sees what it was sent, packs its name, and replies. */
const consume = (headers: Headers, name: string) =>
  withMessage(headers, () => {
    const came = names();
    see(name);
    const scope = activeScope();
    if (scope) scope.subject = `worker/${name}`;
    return { came, headers: sent(replyMessage({})) };
  });

describe('a message', () => {
  it('carries who sends it and in which trace, and keeps the headers that are there', () => {
    const span = trace.getTracer('test').startSpan('send');
    const headers = { type: 'order' };
    const injected = context.with(trace.setSpan(context.active(), span), () => injectMessage(headers));
    expect(injected).toBe(headers);
    expect(injected).toMatchObject({
      type: 'order',
      traceparent: expect.stringContaining(span.spanContext().traceId),
      baggage: 'panorama.observer=client%2Fc1,panorama.origin=client%2Fc1',
    });
    withMessage(sent(injected), () => {
      expect(trace.getActiveSpan()?.spanContext().spanId).toBe(span.spanContext().spanId);
    });
  });

  it('takes the bag along without a span, and wherever it goes', () => {
    withBaggage(() => {
      see('sender');
      expect(consume(sent(injectMessage({})), 'w1').came).toEqual(['sender']);
    });
  });

  it('names nobody whom it is for, whatever the span of the work at hand calls', () => {
    const attributes = { 'server.address': '10.0.0.7', 'server.port': 9000 };
    const span = trace.getTracer('test').startSpan('GET', { kind: SpanKind.CLIENT, attributes });
    const headers = context.with(trace.setSpan(context.active(), span), () => injectMessage({} as Headers));
    expect(headers['baggage']).toContain('panorama.observer=client%2Fc1');
    expect(headers['baggage']).not.toContain('panorama.subject');
  });

  it('that carries nothing runs its work under nothing', () => {
    withDeadline(1000, () => {
      const span = trace.getTracer('test').startSpan('consume');
      context.with(trace.setSpan(context.active(), span), () => {
        expect(withMessage({}, () => [trace.getActiveSpan(), remainingMs()])).toEqual([undefined, undefined]);
      });
    });
  });

  it('runs its work under what it carries, and under nothing of the consumer’s', () => {
    const headers = withBaggage(() => {
      see('sender');
      return sent(injectMessage({}));
    });
    withBaggage(() => {
      see('consumer');
      withMessage(headers, () => expect(names()).toEqual(['sender']));
      withMessage({}, () => expect(names()).toEqual([]));
      expect(names()).toEqual(['consumer']);
    });
  });

  it('gives back what its work does, and fails as it does', async () => {
    expect(withMessage({}, () => 7)).toBe(7);
    expect(await withMessage({}, async () => 7)).toBe(7);
    const breaks = () => {
      throw new Error('broken');
    };
    expect(() => withMessage({}, breaks)).toThrow('broken');
    await expect(withMessage({}, async () => breaks())).rejects.toThrow('broken');
  });

  it('that is handed on by its consumer carries what that packed', () => {
    withBaggage(() => {
      see('sender');
      const first = withMessage(sent(injectMessage({})), () => {
        see('first');
        return sent(injectMessage({}));
      });
      expect(consume(first, 'second').came).toEqual(['sender', 'first']);
    });
  });
});

describe('a reply', () => {
  it('brings back what was packed, and says who replied', () => {
    withBaggage(() => {
      see('sender');
      const reply = consume(sent(injectMessage({})), 'w1');
      see('beside');
      expect(joinReply(reply.headers)).toBe('worker/w1');
      expect(names()).toEqual(['sender', 'beside', 'w1']);
    });
  });

  it('to a message without baggage brings back what was packed all the same', () => {
    const reply = consume({}, 'w1');
    withBaggage(() => {
      expect(joinReply(reply.headers)).toBe('worker/w1');
      expect(names()).toEqual(['w1']);
    });
  });

  it('that comes twice is taken in once', () => {
    withBaggage(() => {
      see('sender');
      const reply = consume(sent(injectMessage({})), 'w1');
      joinReply(reply.headers);
      joinReply(reply.headers);
      expect(names()).toEqual(['sender', 'w1']);
    });
  });

  it('that comes to a fork and again to where that was forked is taken in once, though nothing was packed before', () => {
    withBaggage(() => {
      const { headers } = consume({}, 'w1');
      const outer = fork(() => {
        joinReply(headers);
        return activeScope();
      });
      expect(outer).not.toBe(activeScope());
      joinReply(headers);
      fork(() => joinReply(headers));
      expect(names()).toEqual(['w1']);
    });
  });

  it('of each consumer of one message brings its part, in whatever order', () => {
    withBaggage(() => {
      see('sender');
      const headers = sent(injectMessage({}));
      const replies = ['w1', 'w2', 'w3'].map((name) => consume(headers, name));
      for (const reply of replies.reverse()) joinReply(reply.headers);
      expect(names().sort()).toEqual(['sender', 'w1', 'w2', 'w3']);
    });
  });

  it('to a message that was delivered again after a crash counts the second delivery alone', () => {
    withBaggage(() => {
      see('sender');
      const headers = sent(injectMessage({}));
      expect(() =>
        withMessage(headers, () => {
          see('crashed');
          throw new Error('broken');
        }),
      ).toThrow('broken');
      joinReply(consume(headers, 'w1').headers);
      expect(names()).toEqual(['sender', 'w1']);
    });
  });

  it('that never comes loses its part alone', () => {
    withBaggage(() => {
      see('sender');
      for (let n = 0; n < 200; n++) consume(sent(injectMessage({})), 'lost');
      joinReply(consume(sent(injectMessage({})), 'w1').headers);
      expect(names()).toEqual(['sender', 'w1']);
    });
  });

  it('made after forks, or on one, has what was packed there', async () => {
    await withBaggage(async () => {
      see('sender');
      const headers = await withMessage(sent(injectMessage({})), async () => {
        await Promise.all(['f1', 'f2'].map((name) => fork(async () => see(name))));
        return sent(replyMessage({}));
      });
      joinReply(headers);
      expect(names()).toEqual(['sender', 'f1', 'f2']);
      joinReply(
        withMessage(sent(injectMessage({})), () =>
          fork(() => {
            see('on a fork');
            return sent(replyMessage({}));
          }),
        ),
      );
      expect(names()).toEqual(['sender', 'f1', 'f2', 'on a fork']);
    });
  });

  it('in pieces brings what each holds', () => {
    withBaggage(() => {
      const pieces = withMessage(sent(injectMessage({})), () =>
        ['one', 'two'].map((name) => {
          see(name);
          return replyMessage({});
        }),
      );
      pieces.forEach(joinReply);
      expect(names()).toEqual(['one', 'two']);
    });
  });

  it('that is made in a fork says who replied, too', () => {
    const headers = withMessage({}, () => {
      const scope = activeScope();
      if (scope) scope.subject = 'worker/w1';
      return fork(() => replyMessage({}));
    });
    expect(joinReply(headers)).toBe('worker/w1');
  });

  it('comes home as bytes, among fields of other types, too, as some clients of brokers give it', () => {
    interface Message {
      readonly job: number;
      readonly traceparent?: unknown;
    }
    withBaggage(() => {
      see('sender');
      const bytes = (headers: object) =>
        Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(String(text))]));
      const message: Message = { job: 1, ...bytes(injectMessage({})) };
      const reply = withMessage(message, () => {
        expect(names()).toEqual(['sender']);
        see('w1');
        return { done: true, ...bytes(replyMessage({})) };
      });
      joinReply(reply);
      expect(names()).toEqual(['sender', 'w1']);
    });
  });

  it('outside any scope still says who replied', () => {
    expect(joinReply(consume({}, 'w1').headers)).toBe('worker/w1');
    expect(activeScope()).toBeUndefined();
  });
});

describe('headers that are none', () => {
  const thrower = () => {
    throw new Error('broken');
  };
  const broken = new Proxy({}, { get: thrower, set: thrower, ownKeys: thrower, defineProperty: thrower });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['frozen', Object.freeze({})],
    ['a proxy that throws', broken],
    ['a text', 'headers'],
    ['a number', 7],
  ])('make nobody throw: %s', (_, headers) => {
    withBaggage(() => {
      see('sender');
      expect(injectMessage(headers as Headers) === headers).toBe(true);
      expect(withMessage(headers as Headers, () => 7)).toBe(7);
      expect(withMessage({}, () => replyMessage(headers as Headers)) === headers).toBe(true);
      expect(joinReply(headers as Headers)).toBeUndefined();
      expect(names()).toEqual(['sender']);
    });
  });

  it.each<[string, unknown]>([
    ['words', 'well!'],
    ['too long', 'A'.repeat(20_000)],
    ['half', 'CAgBCAEB'],
  ])('with a bag that is none are as if without: %s', (_, text) => {
    const { malformed } = baggageCounts();
    withBaggage(() => {
      see('sender');
      expect(joinReply({ [ANSWER_HEADER]: text })).toBeUndefined();
      withMessage({ baggage: `panorama.bag=${text}` }, () => expect(names()).toEqual([]));
      expect(names()).toEqual(['sender']);
    });
    // OpenTelemetry itself passes over a member of so many characters.
    expect(baggageCounts().malformed - malformed).toBe(String(text).length > 8192 ? 1 : 2);
  });

  it.each([7, null, ['a'], {}, Buffer.from('a')])('with a value that is no text (%j) bring nothing', (value) => {
    expect(joinReply({ [ANSWER_HEADER]: value })).toBeUndefined();
    expect(withMessage({ baggage: value, traceparent: value } as never, () => 7)).toBe(7);
  });
});

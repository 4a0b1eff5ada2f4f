// SPDX-License-Identifier: Apache-2.0
/** How a server's answer carries what was packed, for every way in which `node:http` lets a head be written. */
import type { OutgoingHttpHeader, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { beforeAll, describe, expect, it } from 'vitest';
import { fork, pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { activeScope } from '../../../src/baggage/scope.js';
import { ANSWER_HEADER, bagOfText } from '../../../src/baggage/transport/header-text.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { type Answer, callTo, request, requestAsStranger, STRANGER, serve, startHere } from './fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation()]));

/** `writeHead` with arguments that Node takes and its types do not know. */
const head = (response: ServerResponse, ...args: unknown[]): ServerResponse =>
  Reflect.apply(response.writeHead, response, args) as ServerResponse;

const COOKIES = ['Set-Cookie', 'a=1', 'X-Case', 'Kept', 'Set-Cookie', 'b=2'];
const PAIRS = [
  ['Set-Cookie', 'a=1'],
  ['X-Case', 'Kept'],
  ['Set-Cookie', 'b=2'],
];
/** Names that differ in case only: Node sends both. */
const TWICE = { 'X-Twice': '1', 'x-twice': '2' };

const HEADS: Record<string, (response: ServerResponse) => void> = {
  'end alone': (response) => response.end('well'),
  'write and end': (response) => {
    response.write('we');
    response.end('ll');
  },
  'setHeader and end': (response) => response.setHeader('X-Case', ['1', '2']).end('well'),
  'appendHeader and end': (response) =>
    response.appendHeader('Set-Cookie', 'a=1').appendHeader('set-cookie', 'b').end(),
  'setHeaders and end': (response) => response.setHeaders(new Map([['x-map', '1']])).end(),
  'writeHead with a status': (response) => response.writeHead(201).end('well'),
  'writeHead with a reason phrase': (response) => response.writeHead(200, 'Very Well').end('well'),
  'writeHead with an object': (response) =>
    response.writeHead(200, { 'X-Case': 'Kept', 'Set-Cookie': ['a=1', 'b=2'], 'content-length': 4 }).end('well'),
  'writeHead with names that differ in case': (response) => response.writeHead(200, TWICE).end(),
  'writeHead with a reason phrase and an object': (response) =>
    response.writeHead(200, 'Very Well', { 'X-Case': 'Kept' }).end('well'),
  'writeHead with a flat array': (response) => response.writeHead(200, COOKIES).end('well'),
  'writeHead with a reason phrase and a flat array': (response) => response.writeHead(200, 'Very Well', COOKIES).end(),
  'writeHead with an array of pairs': (response) => response.writeHead(200, PAIRS as OutgoingHttpHeader[]).end('well'),
  'writeHead with an empty array': (response) => response.writeHead(200, []).end('well'),
  'writeHead with an array and nothing after it': (response) => head(response, 200, COOKIES, undefined).end(),
  'writeHead with an array after no reason phrase': (response) => head(response, 200, undefined, COOKIES).end(),
  'writeHead with an object after no reason phrase': (response) => head(response, 200, null, { 'X-Case': '1' }).end(),
  'setHeader, and writeHead with an object': (response) =>
    response.setHeader('X-Case', 'lost').writeHead(200, { 'x-case': 'kept' }).end('well'),
  'setHeader, and writeHead with a flat array': (response) =>
    response.setHeader('X-First', '1').writeHead(200, ['X-Second', '2']).end('well'),
  'flushHeaders and end': (response) => {
    response.flushHeaders();
    response.end('well');
  },
  pipe: (response) => void Readable.from(['we', 'll']).pipe(response),
  '204': (response) => response.writeHead(204).end(),
  '304': (response) => response.writeHead(304, { etag: '"1"' }).end(),
  '500': (response) => response.writeHead(500).end('ill'),
  'early hints before the head': (response) =>
    response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.end('well')),
  '102 before the head': (response) => {
    response.writeProcessing();
    response.end('well');
  },
  'a head in a later turn': (response) => void setImmediate(() => response.end('well')),
};

const packs: RequestListener = () => {
  const scope = activeScope();
  if (scope) scope.subject = 'datanode/dn1';
  pack('seen', { at: 'datanode' });
};

/** What a user sees of an answer: all but our header, and the time of day. */
function plain({ rawHeaders, status, reason, body }: Answer): object {
  const pairs: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name !== ANSWER_HEADER && name !== 'Date') pairs.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  return { status, reason, body, headers: pairs.sort() };
}

describe.each(['GET', 'HEAD'])('the answer to %s', (method) => {
  let url = '';
  beforeAll(async () => {
    url = await serve((incoming, response) => {
      packs(incoming, response);
      HEADS[decodeURIComponent(incoming.url?.slice(1) ?? '')]?.(response);
    });
  });

  it.each(Object.keys(HEADS))('by %s carries the bag, and is else what a stranger gets', async (name) => {
    const to = `${url}/${encodeURIComponent(name)}`;
    const stranger = await requestAsStranger(to, { method });
    expect(stranger.headers).not.toHaveProperty(ANSWER_HEADER);
    await withBaggage(async () => {
      const answer = await request(to, { method });
      expect(plain(answer)).toEqual(plain(stranger));
      expect(unpack('seen')).toEqual([{ at: 'datanode' }]);
    });
  });
});

describe('an answer', () => {
  it('names who gave it, also where nothing was packed', async () => {
    const url = await serve((_, response) => {
      const scope = activeScope();
      if (scope) scope.subject = 'datanode/dn2';
      response.end();
    });
    await request(`${url}/idle`);
    expect((await callTo(`${url}/idle`)).attributes['panorama.subject']).toBe('datanode/dn2');
  });

  it('is none where nobody is named and nothing was packed', async () => {
    const url = await serve((_, response) => response.end());
    expect((await request(url)).headers).not.toHaveProperty(ANSWER_HEADER);
  });

  it('goes only to allowed peers', async () => {
    const url = await serve((incoming, response) => {
      packs(incoming, response);
      response.end();
    });
    expect((await request(url)).headers).toHaveProperty(ANSWER_HEADER);
    expect((await request(url, { localAddress: STRANGER })).headers).not.toHaveProperty(ANSWER_HEADER);
  });

  it('holds what was packed until the head was written, in forks too, and nothing of the request', async () => {
    const url = await serve(async (incoming, response) => {
      packs(incoming, response);
      await Promise.all([1, 2].map((n) => fork(async () => pack('seen', { at: `fork ${n}` }))));
      response.flushHeaders();
      pack('seen', { at: 'too late' });
      response.end();
    });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      const text = (await request(url)).headers[ANSWER_HEADER] as string;
      const callee = [{ at: 'datanode' }, { at: 'fork 1' }, { at: 'fork 2' }];
      expect(bagOfText(text)?.unpack('seen')).toEqual(callee);
      expect(unpack('seen')).toEqual([{ at: 'client' }, ...callee]);
    });
  });

  it('to the same caller over one socket holds nothing of the answer before it', async () => {
    const url = await serve((incoming, response) => {
      pack('seen', { at: incoming.url });
      response.end();
    });
    await withBaggage(async () => {
      await request(`${url}/1`);
      expect(unpack('seen')).toEqual([{ at: '/1' }]);
    });
    await withBaggage(async () => {
      await request(`${url}/2`);
      expect(unpack('seen')).toEqual([{ at: '/2' }]);
    });
  });
});

describe('a head that Node refuses', () => {
  it.each<[string, unknown[]]>([
    ['its status', [42]],
    ['a header', [200, { 'x y': '1' }]],
    ['an array', [200, ['x y', '1']]],
    ['a reason phrase', [200, 'a\nb']],
  ])('for %s fails as ever, and the page of the error carries the bag', async (_, args) => {
    const url = await serve((incoming, response) => {
      packs(incoming, response);
      try {
        head(response, ...args);
      } catch (error) {
        response.statusMessage = '';
        response.writeHead(500).end((error as { code: string }).code);
      }
    });
    const stranger = await requestAsStranger(url);
    await withBaggage(async () => {
      expect(plain(await request(url))).toEqual(plain(stranger));
      expect(unpack('seen')).toEqual([{ at: 'datanode' }]);
    });
  });

  it('because it was written before fails as ever', async () => {
    const url = await serve((incoming, response) => {
      packs(incoming, response);
      response.writeHead(200);
      try {
        response.writeHead(500);
      } catch (error) {
        response.end((error as { code: string }).code);
      }
    });
    expect((await request(url)).body).toBe('ERR_HTTP_HEADERS_SENT');
  });
});

describe('a proxy that hands on the head it was given', () => {
  const upstream = () =>
    serve((incoming, response) => {
      const scope = activeScope();
      if (scope) scope.subject = 'datanode/dn1';
      pack('seen', { at: 'datanode', path: incoming.url });
      response.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'] }).end('well');
    });
  const handsOn: Record<string, (response: ServerResponse, given: Answer) => void> = {
    'as an object': (response, { status, headers, body }) => response.writeHead(status, headers).end(body),
    'as an object with names in capitals': (response, { status, headers, body }) => {
      const capitals = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]);
      response.writeHead(status, Object.fromEntries(capitals)).end(body);
    },
    'as an array': (response, { status, rawHeaders, body }) => response.writeHead(status, [...rawHeaders]).end(body),
    'header by header': (response, { headers, body }) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string);
      response.end(body);
    },
  };

  it.each(Object.keys(handsOn))('%s answers for itself, with all that was packed behind it', async (name) => {
    const behind = await upstream();
    const url = await serve(async (_, response) => {
      const scope = activeScope();
      if (scope) scope.subject = 'proxy/p1';
      pack('seen', { at: 'proxy' });
      const given = await request(`${behind}/x`);
      delete given.headers['transfer-encoding'];
      handsOn[name]?.(response, given);
    });
    await withBaggage(async () => {
      const to = `${url}/${encodeURIComponent(name)}`;
      const answer = await request(to);
      expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
      expect(unpack('seen')).toEqual([{ at: 'proxy' }, { at: 'datanode', path: '/x' }]);
      expect((await callTo(to)).attributes['panorama.subject']).toBe('proxy/p1');
    });
  });
});

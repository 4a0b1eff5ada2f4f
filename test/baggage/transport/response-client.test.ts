// SPDX-License-Identifier: Apache-2.0
/** What a call brings back, by `http.request` and by `fetch`: to the scope that made it, and on its own span. */
import http from 'node:http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { describe, expect, it } from 'vitest';
import { fork, pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { activeScope } from '../../../src/baggage/scope.js';
import { ANSWER_HEADER } from '../../../src/baggage/transport/header-text.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { callTo, serve, serveRaw, startHere } from './fixtures/one-process.js';
import { WAYS } from './fixtures/ways.js';

startHere(withResponses([new HttpInstrumentation(), new UndiciInstrumentation()]));

/** A callee that packs the path it was asked for, and says who it is. */
const callee = (name = 'datanode') =>
  serve((incoming, response) => {
    const scope = activeScope();
    if (scope) scope.subject = `${name}${incoming.url}`;
    pack('seen', { at: `${name}${incoming.url}` });
    setImmediate(() => response.end('well'));
  });

describe.each(Object.entries(WAYS))('a call by %s', (_, call) => {
  it('brings back what the callee packed, and who it was', async () => {
    const url = await callee();
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      await call(`${url}/dn1`);
      expect(unpack('seen')).toEqual([{ at: 'client' }, { at: 'datanode/dn1' }]);
    });
    expect((await callTo(`${url}/dn1`)).attributes['panorama.subject']).toBe('datanode/dn1');
  });

  it('outside any scope brings back who it was, and leaves no scope behind', async () => {
    const url = await callee();
    await call(`${url}/dn1`);
    expect((await callTo(`${url}/dn1`)).attributes['panorama.subject']).toBe('datanode/dn1');
    expect(unpack('seen')).toEqual([]);
    expect(activeScope()).toBeUndefined();
  });

  it('in one of 200 scopes over few sockets brings each its own', async () => {
    const sockets = new Set<unknown>();
    const url = await serve((incoming, response) => {
      sockets.add(incoming.socket);
      const scope = activeScope();
      if (scope) scope.subject = `datanode${incoming.url}`;
      pack('seen', { at: incoming.url });
      setImmediate(() => response.end());
    });
    const chain = async (first: number) => {
      for (let n = first; n < first + 50; n++) {
        await withBaggage(async () => {
          pack('seen', { at: `client/${n}` });
          await call(`${url}/${n}`);
          expect(unpack('seen')).toEqual([{ at: `client/${n}` }, { at: `/${n}` }]);
        });
      }
    };
    await Promise.all([0, 50, 100, 150].map(chain));
    for (let n = 0; n < 200; n++) {
      expect((await callTo(`${url}/${n}`)).attributes['panorama.subject']).toBe(`datanode/${n}`);
    }
    expect(sockets.size).toBeLessThan(20);
  });

  it('among many of one scope brings back its part, whatever the order of the answers', async () => {
    const waiting: (() => void)[] = [];
    const url = await serve((incoming, response) => {
      pack('seen', { at: incoming.url });
      // The last that came is answered first.
      waiting.unshift(() => response.end());
      if (waiting.length === 20) for (const answer of waiting) answer();
    });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      await Promise.all(Array.from({ length: 20 }, (_, n) => call(`${url}/${n}`)));
      const expected = ['client', ...Array.from({ length: 20 }, (_, n) => `/${n}`)];
      expect(unpack('seen').map(({ at }) => at)).toEqual(expect.arrayContaining(expected));
      expect(unpack('seen')).toHaveLength(21);
      expect(activeScope()?.outgoing()?.length).toBeLessThan(400);
    });
  });

  it('from a fork brings it to the fork, and with its end to the rest', async () => {
    const url = await callee();
    await withBaggage(async () => {
      const one = fork(async () => {
        await call(`${url}/dn1`);
        return unpack('seen');
      });
      expect(await one).toEqual([{ at: 'datanode/dn1' }]);
      expect(unpack('seen')).toEqual([{ at: 'datanode/dn1' }]);
    });
  });

  it('that is never answered, or cut off, costs the scope nothing', async () => {
    const url = await serve((incoming, response) => {
      pack('seen', { at: 'lost' });
      if (incoming.url === '/reset') response.socket?.resetAndDestroy();
      else if (incoming.url === '/closed') response.socket?.destroy();
      else response.end();
    });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      for (let n = 0; n < 20; n++) await expect(call(`${url}/${n % 2 ? 'reset' : 'closed'}`)).rejects.toThrow();
      expect(unpack('seen')).toEqual([{ at: 'client' }]);
      await call(`${url}/answered`);
      expect(unpack('seen')).toEqual([{ at: 'client' }, { at: 'lost' }]);
    });
    expect((await callTo(`${url}/reset`)).attributes).not.toHaveProperty('panorama.subject');
  });

  it('to somebody without our library brings nothing, and fails in nothing', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell'));
    });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      expect(await call(`${url}/alien`)).toBe(200);
      expect(unpack('seen')).toEqual([{ at: 'client' }]);
    });
    expect((await callTo(`${url}/alien`)).attributes).not.toHaveProperty('panorama.subject');
  });
});

describe('what an answer brings is known', () => {
  it('to the callback and to the listeners of http.request', async () => {
    const url = await callee();
    await withBaggage(async () => {
      const heard: unknown[] = [];
      const hear = (event: string) => heard.push([event, unpack('seen').length]);
      await new Promise<void>((resolve, reject) => {
        const outgoing = http.request(`${url}/dn1`, (response) => {
          hear('callback');
          response.on('data', () => hear('data')).on('end', () => resolve(void hear('end')));
        });
        outgoing.on('response', () => hear('response'));
        outgoing.on('error', reject).end();
      });
      expect(heard.sort()).toEqual([
        ['callback', 1],
        ['data', 1],
        ['end', 1],
        ['response', 1],
      ]);
    });
  });

  it('when fetch resolves, before the body is read', async () => {
    const url = await callee();
    await withBaggage(async () => {
      const response = await fetch(`${url}/dn1`);
      expect(unpack('seen')).toEqual([{ at: 'datanode/dn1' }]);
      await response.text();
    });
  });
});

describe('a redirect', () => {
  it('that fetch follows brings back both parts, and a span for each', async () => {
    const there = await callee();
    const here = await serve((_, response) => {
      const scope = activeScope();
      if (scope) scope.subject = 'names/n1';
      pack('seen', { at: 'names/n1' });
      response.writeHead(302, { location: `${there}/dn1` }).end();
    });
    await withBaggage(async () => {
      expect(await (await fetch(`${here}/ask`)).text()).toBe('well');
      expect(unpack('seen')).toEqual([{ at: 'names/n1' }, { at: 'datanode/dn1' }]);
    });
    expect((await callTo(`${here}/ask`)).attributes['panorama.subject']).toBe('names/n1');
    expect((await callTo(`${there}/dn1`)).attributes['panorama.subject']).toBe('datanode/dn1');
  });

  it('to a stranger takes along nothing of ours', async () => {
    let headers: http.IncomingHttpHeaders = {};
    const there = await serve((incoming, response) => {
      headers = incoming.headers;
      response.end('well');
    }, '127.0.0.9');
    const here = await serve((_, response) => {
      pack('seen', { at: 'names/n1' });
      response.writeHead(302, { location: `${there}/out` }).end();
    });
    await withBaggage(async () => {
      pack('seen', { at: 'client' });
      await (await fetch(`${here}/ask`)).text();
      expect(unpack('seen')).toEqual([{ at: 'client' }, { at: 'names/n1' }]);
    });
    expect(headers).not.toHaveProperty('baggage');
    expect(headers).not.toHaveProperty(ANSWER_HEADER);
  });
});

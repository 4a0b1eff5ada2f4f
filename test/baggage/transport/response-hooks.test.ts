// SPDX-License-Identifier: Apache-2.0
/** How the response path is added to instrumentations that a user has configured already. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { activeScope, baggageCounts } from '../../../src/baggage/scope.js';
import { ANSWER_HEADER } from '../../../src/baggage/transport/header-text.js';
import { httpResponseHook, undiciResponseHook, withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { callTo, request, serve, startHere } from './fixtures/one-process.js';

/** What the user's hook saw: which side, and whom the span named by then. */
const seen: [side: string, subject: unknown][] = [];
const hook = (span: Span, response: IncomingMessage | ServerResponse) => {
  const { attributes } = span as Span & { attributes: Record<string, unknown> };
  seen.push(['writeHead' in response ? 'server' : 'client', attributes['panorama.subject']]);
};

const http = new HttpInstrumentation({ responseHook: hook, headersToSpanAttributes: {} });
const undici = new UndiciInstrumentation({ responseHook: (span) => hook(span, {} as IncomingMessage) });
// Enabled before anything of ours is heard of, as in a program that has always had them.
startHere([http, undici]);

const callee = () =>
  serve((incoming, response) => {
    const scope = activeScope();
    if (scope) scope.subject = 'datanode/dn1';
    pack('seen', { at: incoming.url });
    response.end();
  });

beforeEach(() => void seen.splice(0));

describe('instrumentations', () => {
  it('that are not given to us answer nobody', async () => {
    expect((await request(await callee())).headers).not.toHaveProperty(ANSWER_HEADER);
    expect(seen).toHaveLength(2);
  });

  it('are given back as they came, with their configuration', () => {
    const before = http.getConfig();
    const given = [[http], undici];
    expect(withResponses(given)).toBe(given);
    const ours = { responseHook: expect.any(Function), startOutgoingSpanHook: expect.any(Function) };
    expect(http.getConfig()).toEqual({ ...before, ...ours });
    expect(withResponses(http)).toBe(http);
  });

  it('that were enabled before they were given to us answer and are answered', async () => {
    const url = await callee();
    await withBaggage(async () => {
      await request(`${url}/1`);
      await (await fetch(`${url}/2`)).text();
      expect(unpack('seen')).toEqual([{ at: '/1' }, { at: '/2' }]);
    });
  });

  it('that are given to us twice do their part once, as does a hook that calls ours', async () => {
    withResponses([http, undici, [http]]);
    const { responseHook } = http.getConfig();
    http.setConfig({
      responseHook: (span, response) => {
        httpResponseHook(span, response);
        responseHook?.(span, response);
      },
    });
    const url = await callee();
    await withBaggage(async () => {
      const { rawHeaders } = await request(`${url}/1`);
      expect(rawHeaders.filter((name) => name === ANSWER_HEADER)).toHaveLength(1);
      await (await fetch(`${url}/2`)).text();
      expect(unpack('seen')).toEqual([{ at: '/1' }, { at: '/2' }]);
    });
  });

  it('that are given to us again after the user has configured them anew do their part again', async () => {
    http.setConfig({ responseHook: hook });
    const url = await callee();
    expect((await request(url)).headers).not.toHaveProperty(ANSWER_HEADER);
    withResponses(http);
    expect((await request(url)).headers).toHaveProperty(ANSWER_HEADER);
  });

  it('that are configured with our hook are left as they are', () => {
    const both = [
      new HttpInstrumentation({ responseHook: httpResponseHook, enabled: false }),
      new UndiciInstrumentation({ responseHook: undiciResponseHook, enabled: false }),
    ] as const;
    withResponses([...both]);
    expect(both.map((each) => each.getConfig().responseHook)).toEqual([httpResponseHook, undiciResponseHook]);
  });
});

describe("the user's hook", () => {
  it('is called once a side, after ours', async () => {
    const url = await callee();
    await request(`${url}/1`);
    await (await fetch(`${url}/2`)).text();
    expect(seen).toEqual([
      ['server', undefined],
      ['client', 'datanode/dn1'],
      ['server', undefined],
      ['client', 'datanode/dn1'],
    ]);
  });

  it('may throw, and neither the answer nor the call is lost', async () => {
    const faults = baggageCounts().faults;
    const broken = vi.fn(() => {
      throw new Error('broken');
    });
    http.setConfig({ responseHook: broken });
    withResponses(http);
    const url = await callee();
    await withBaggage(async () => {
      expect((await request(`${url}/1`)).status).toBe(200);
      expect(unpack('seen')).toEqual([{ at: '/1' }]);
    });
    expect((await callTo(`${url}/1`)).attributes['panorama.subject']).toBe('datanode/dn1');
    expect(broken).toHaveBeenCalledTimes(2);
    expect(baggageCounts().faults).toBe(faults);
  });
});

describe('whatever else is given', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list of nothing', [null, undefined, [null]]],
    ['a text', 'http'],
    ['an instrumentation of something else', { instrumentationName: 'toString', getConfig: () => ({}) }],
    ['one without a configuration', { instrumentationName: '@opentelemetry/instrumentation-http' }],
    [
      'one that throws',
      {
        instrumentationName: '@opentelemetry/instrumentation-http',
        getConfig: () => {
          throw new Error('broken');
        },
      },
    ],
  ])('is given back: %s', (_, given) => {
    expect(withResponses(given)).toBe(given);
  });

  it.each([undefined, null, 7, {}, { response: null }, { response: { headers: 7 } }])(
    'to a hook (%j) does not make it throw',
    (given) => {
      httpResponseHook(undefined as never, given as never);
      undiciResponseHook(undefined as never, given as never);
    },
  );
});

// SPDX-License-Identifier: Apache-2.0
/** An answer is taken out of what it came with: whoever hands on what he was answered with cannot hand on that. */
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { ANSWER_HEADER } from '../../../src/baggage/transport/header-text.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { serve, startHere } from './fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation(), new UndiciInstrumentation()]));
const http = createRequire(import.meta.url)('node:http') as typeof import('node:http');

let url = '';
beforeAll(async () => {
  url = await serve((_, response) => {
    pack('seen', { at: 'callee' });
    response.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Case': 'Kept' }).end('well');
  });
});

describe('a response', () => {
  it('of http.request has no answer in any of its forms, and all else', async () => {
    await withBaggage(async () => {
      const response = await new Promise<IncomingMessage>((resolve) => http.get(url, resolve));
      response.resume();
      const { headers, headersDistinct, rawHeaders } = response;
      for (const each of [headers, headersDistinct]) {
        expect(each).not.toHaveProperty(ANSWER_HEADER);
        expect(each).toMatchObject({ 'set-cookie': ['a=1', 'b=2'] });
      }
      expect(rawHeaders.map((each) => each.toLowerCase())).not.toContain(ANSWER_HEADER);
      expect(rawHeaders.slice(0, 6)).toEqual(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Case', 'Kept']);
      expect(unpack('seen')).toEqual([{ at: 'callee' }]);
    });
  });

  it('of fetch has none, and all else', async () => {
    await withBaggage(async () => {
      const response = await fetch(url);
      expect(response.headers.has(ANSWER_HEADER)).toBe(false);
      expect([response.headers.getSetCookie(), response.headers.get('x-case')]).toEqual([['a=1', 'b=2'], 'Kept']);
      expect([await response.text(), unpack('seen')]).toEqual(['well', [{ at: 'callee' }]]);
    });
  });
});

// SPDX-License-Identifier: Apache-2.0
/** Express, fastify and koa answer through `node:http`: whatever their handlers do, the answer carries the bag. */
import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';
import { beforeAll, describe, expect, it } from 'vitest';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { activeScope } from '../../../src/baggage/scope.js';
import { ANSWER_HEADER } from '../../../src/baggage/transport/header-text.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { callTo, request, requestAsStranger, serve, startHere } from './fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation()]));

/** What a handler does before it answers, over an `await` and a timer. */
async function packSlowly(): Promise<void> {
  const scope = activeScope();
  if (scope) scope.subject = 'datanode/dn1';
  pack('seen', { n: 1 });
  await new Promise((resolve) => setTimeout(resolve, 1));
  pack('seen', { n: 2 });
}

const stream = () => Readable.from(['we', 'll']);
/** Express shows the stack, and how deep that is depends on who emptied the queue of microtasks: two answers would differ. */
const broken = () => Object.assign(new Error('broken'), { stack: 'Error: broken' });
/** Written only on standard error, which the tests keep quiet. */
const SILENT = () => undefined;

async function expressApp(): Promise<RequestListener> {
  const app = express().set('env', 'test');
  const handlers: Record<string, express.RequestHandler> = {
    json: (_, response) => void response.json({ well: true }),
    cookies: (_, response) => void response.cookie('a', '1').cookie('b', '2').send('well'),
    stream: (_, response) => void stream().pipe(response),
    redirect: (_, response) => response.redirect('/json'),
    'no content': (_, response) => void response.sendStatus(204),
    'an error': () => {
      throw broken();
    },
    'an error passed on': (_, __, next) => next(broken()),
    'nothing found': (_, __, next) => next(),
    'a head and an end': (_, response) => void response.writeHead(200, { 'X-Case': 'Kept' }).end('well'),
  };
  for (const [name, handler] of Object.entries(handlers)) {
    app.get(`/${encodeURIComponent(name)}`, async (incoming, response, next) => {
      await packSlowly();
      return handler(incoming, response, next);
    });
  }
  return app;
}

async function koaApp(): Promise<RequestListener> {
  const app = new Koa();
  app.on('error', SILENT);
  const handlers: Record<string, (ctx: Koa.Context) => void> = {
    json: (ctx) => {
      ctx.body = { well: true };
    },
    cookies: (ctx) => {
      ctx.append('Set-Cookie', 'a=1');
      ctx.append('Set-Cookie', 'b=2');
      ctx.body = 'well';
    },
    stream: (ctx) => {
      ctx.body = stream();
    },
    redirect: (ctx) => ctx.redirect('/json'),
    'no content': (ctx) => {
      ctx.status = 204;
    },
    'an error': () => {
      throw broken();
    },
    'an error passed on': (ctx) => ctx.throw(503, 'ill'),
    'nothing found': () => undefined,
    'a head and an end': (ctx) => {
      ctx.respond = false;
      ctx.res.writeHead(200, { 'X-Case': 'Kept' }).end('well');
    },
  };
  app.use(async (ctx) => {
    await packSlowly();
    handlers[decodeURIComponent(ctx.path.slice(1))]?.(ctx);
  });
  return app.callback();
}

async function fastifyApp(): Promise<RequestListener> {
  const app = fastify();
  app.addHook('onRequest', packSlowly);
  app.get('/json', async () => ({ well: true }));
  app.get('/cookies', async (_, reply) => reply.header('Set-Cookie', 'a=1').header('Set-Cookie', 'b=2').send('well'));
  app.get('/stream', async (_, reply) => reply.send(stream()));
  app.get('/redirect', async (_, reply) => reply.redirect('/json'));
  app.get('/no content', async (_, reply) => reply.code(204).send());
  app.get('/an error', async () => {
    throw broken();
  });
  app.get('/an error passed on', (_, reply) => void reply.send(broken()));
  app.get('/nothing found', (_, reply) => reply.callNotFound());
  app.get('/a head and an end', (_, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'X-Case': 'Kept' }).end('well');
  });
  await app.ready();
  return (incoming, response) => app.routing(incoming, response);
}

const STATUS: Record<string, number> = {
  json: 200,
  cookies: 200,
  stream: 200,
  redirect: 302,
  'no content': 204,
  'an error': 500,
  'nothing found': 404,
  'a head and an end': 200,
};

describe.each<[string, () => Promise<RequestListener>]>([
  ['express', expressApp],
  ['koa', koaApp],
  ['fastify', fastifyApp],
])('%s', (name, appOf) => {
  let url = '';
  beforeAll(async () => {
    url = await serve(await appOf());
  });

  const passedOn = name === 'koa' ? 503 : 500;
  it.each(Object.entries({ ...STATUS, 'an error passed on': passedOn }))(
    'answers with %s, and with the bag',
    async (what, status) => {
      const to = `${url}/${encodeURIComponent(what)}`;
      const stranger = await requestAsStranger(to);
      expect(stranger.headers).not.toHaveProperty(ANSWER_HEADER);
      await withBaggage(async () => {
        const answer = await request(to);
        expect(answer.status).toBe(status);
        expect(unpack('seen')).toEqual([{ n: 1 }, { n: 2 }]);
        const { [ANSWER_HEADER]: bag, date: _, ...others } = answer.headers;
        const { date: __, ...otherwise } = stranger.headers;
        expect(bag).toBeTypeOf('string');
        expect(others).toEqual(otherwise);
        expect(answer.body).toBe(stranger.body);
        expect((await callTo(to)).attributes['panorama.subject']).toBe('datanode/dn1');
      });
    },
  );

  it('keeps two requests at one time apart', async () => {
    const told = await Promise.all(
      Array.from({ length: 20 }, () =>
        withBaggage(async () => {
          await request(`${url}/json`);
          return unpack('seen').length;
        }),
      ),
    );
    expect(told).toEqual(told.map(() => 2));
  });
});

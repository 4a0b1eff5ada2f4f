// SPDX-License-Identifier: Apache-2.0
/** Tokens on real sockets: who may send, who may read, what the others are told, and tokens that come and go. */
import { createHash } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { until } from '../../support/until.js';
import { ask, call, post, SecuredEngine, type Shown } from './secured-engine.js';

const SENDER = 'token-of-a-collector';
const READER = 'token-of-a-dashboard';
const BOTH = 'token-of-somebody-who-does-both';
const OPERATOR = 'token-of-the-operator';
const FILE = `
ingest ${SENDER}
read sha256:${createHash('sha256').update(READER).digest('hex')}
ingest,read ${BOTH}
admin ${OPERATOR}
`;

const [PERMISSION_DENIED, UNAUTHENTICATED] = [7, 16];

async function withTokens(text = FILE): Promise<SecuredEngine> {
  const engine = new SecuredEngine();
  return engine.start({ tokensFile: engine.file('tokens', text) });
}

const read = (engine: SecuredEngine, shown?: Shown) => ask(engine.running.api, '/api/v1/verdicts', shown);

/** gRPC status, HTTP status of the receiver, HTTP status of the API. */
async function answers(engine: SecuredEngine, shown: Shown) {
  return [(await call(engine, shown)).code, (await post(engine, shown)).status, (await read(engine, shown)).status];
}

describe('a token', () => {
  it.each([
    ['of a sender', SENDER, [0, 200, 403]],
    ['of a reader', READER, [PERMISSION_DENIED, 403, 200]],
    ['of who does both', BOTH, [0, 200, 200]],
    ['of the operator', OPERATOR, [0, 200, 200]],
    ['that nobody gave out', 'a-token-of-a-stranger', [UNAUTHENTICATED, 401, 401]],
    ['none', undefined, [UNAUTHENTICATED, 401, 401]],
    ['that is nearly right', `${OPERATOR}x`, [UNAUTHENTICATED, 401, 401]],
    [
      'that is the digest of one',
      `sha256:${createHash('sha256').update(READER).digest('hex')}`,
      [UNAUTHENTICATED, 401, 401],
    ],
  ])('%s', async (_whose, token, expected) => {
    expect(await answers(await withTokens(), token === undefined ? {} : { token })).toEqual(expected);
  });

  it.each([
    `Basic ${SENDER}`,
    SENDER,
    `Bearer`,
    `Bearer ${SENDER} ${SENDER}`,
    `Bearer\t${SENDER}`,
    `Bearer "${SENDER}"`,
  ])('is not to be had from %j', async (authorization) => {
    expect((await post(await withTokens(), { headers: { authorization } })).status).toBe(401);
  });

  it('may be announced in any case, with more than one space', async () => {
    expect((await post(await withTokens(), { headers: { authorization: `bEARER   ${SENDER}` } })).status).toBe(200);
  });
});

it('who may read may read the metrics too, and who sends may not', async () => {
  const { running } = await withTokens();
  const asked = [READER, SENDER, undefined].map((token) => ask(running.api, '/metrics', token ? { token } : {}));
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 403, 401]);
});

describe('who is refused', () => {
  it('is told in the language of its protocol what to do, and nothing of what it sent', async () => {
    const engine = await withTokens();
    const receiver = await post(engine, { token: 'a-token-of-a-stranger' });
    expect(receiver.headers['www-authenticate']).toBe('Bearer realm="panorama"');
    expect(JSON.parse(receiver.text)).toMatchObject({ code: UNAUTHENTICATED });
    const api = await read(engine, { token: SENDER });
    expect(api.headers['www-authenticate']).toBeUndefined();
    expect(JSON.parse(api.text).error).toMatchObject({
      code: 'PANO_FORBIDDEN',
      message: expect.stringMatching(/scope read/),
    });
    expect((await read(engine)).headers['www-authenticate']).toBe('Bearer realm="panorama"');
    expect((await call(engine, { token: READER })).details).toMatch(/scope ingest/);
    expect(`${receiver.text}${api.text}${JSON.stringify(engine.lines)}`).not.toMatch(/token-of/);
  });

  it('learns of no route, right or wrong, except that the engine is there', async () => {
    const { running } = await withTokens();
    for (const route of [
      '/api/v1/nothing',
      '/api/v1/subjects/a',
      '/api/v1/counts',
      '/metrics',
      '/',
      '/%',
      '/healthz/x',
      '//healthz',
    ]) {
      expect([route, (await ask(running.api, route)).status]).toEqual([route, 401]);
    }
    expect((await ask(running.api, '/healthz')).text).toBe('{"status":"ok"}');
    expect((await ask(running.api, '/readyz')).status).toBe(200);
    expect((await ask(running.otlpHttp, '/v1/nothing', { method: 'POST' })).status).toBe(401);
  });

  it('is refused over HTTP before a byte of the body was sent', async () => {
    const engine = await withTokens();
    const [host, port] = engine.running.otlpHttp.split(':');
    const socket = connect(Number(port), host);
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n',
    );
    socket.write('Expect: 100-continue\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });

  it('is refused over gRPC before a byte of the message was sent', async () => {
    const engine = await withTokens();
    const session = connectHttp2(`http://${engine.running.otlpGrpc}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    const status = await new Promise((resolve) => {
      const read = (headers: { readonly 'grpc-status'?: unknown }) => {
        if (headers['grpc-status'] !== undefined) resolve(Number(headers['grpc-status']));
      };
      stream.on('response', read);
      stream.on('trailers', read);
      stream.on('close', () => resolve('no status'));
      stream.resume();
    });
    expect(status).toBe(UNAUTHENTICATED);
    session.destroy();
  });
});

describe('tokens that are replaced', () => {
  it('are valid side by side, and refused once they are gone, on connections that exist too', async () => {
    const engine = await withTokens(`ingest ${SENDER}`);
    engine.file('tokens', `ingest ${SENDER}\ningest ${BOTH}`);
    await until('the new token', async () => ((await post(engine, { token: BOTH })).status === 200 ? true : undefined));
    expect((await post(engine, { token: SENDER })).status).toBe(200);
    engine.file('tokens', `ingest ${BOTH}`);
    await until('the old token to go', async () =>
      (await post(engine, { token: SENDER })).status === 401 ? true : undefined,
    );
    expect((await call(engine, { token: BOTH })).code).toBe(0);
  });

  it('by a file that cannot be used stay valid, and it is said without a token in it', async () => {
    const engine = await withTokens(`ingest ${SENDER}`);
    engine.file('tokens', `ingest ${SENDER}\nwrite ${BOTH}`);
    const line = await until('the error', () => engine.said(/stay in force/));
    expect(line).toMatchObject({ level: 50, code: 'PANO_ACCESS_FILE', msg: expect.stringContaining('line 2') });
    expect(line.msg).not.toContain(BOTH);
    expect(await answers(engine, { token: SENDER })).toEqual([0, 200, 403]);
  });
});

it('an engine does not start with a tokens file that holds none', async () => {
  await expect(withTokens('# soon')).rejects.toMatchObject({ code: 'PANO_ACCESS_FILE' });
});

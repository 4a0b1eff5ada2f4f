// SPDX-License-Identifier: Apache-2.0
/** TLS on real sockets: the three listeners of an engine, clients with certificates and without, and files that change. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, authority, type Certificate } from '../../support/certificates.js';
import { until } from '../../support/until.js';
import { ask, call, post, SecuredEngine } from './secured-engine.js';

const UNAVAILABLE = 14;

let ours: Authority;
let theirs: Authority;
let server: Certificate;
let trust: ConnectionOptions;

beforeAll(() => {
  ours = authority('our authority');
  theirs = authority('their authority');
  server = ours.issue('engine');
  trust = { ca: ours.cert };
});

async function withTls(clients?: Authority): Promise<SecuredEngine> {
  const engine = new SecuredEngine();
  const tlsClientCa = clients && engine.file('clients.crt', clients.cert);
  return engine.start({ ...engine.certificate(server), tlsClientCa });
}

/** How all three listeners answer: gRPC status, HTTP status of the receiver, HTTP status of the API. */
async function answers(engine: SecuredEngine, tls?: ConnectionOptions) {
  const shown = tls ? { tls } : {};
  const { code } = await call(engine, shown);
  const { status } = await post(engine, shown);
  return [code, status, (await ask(engine.running.api, '/api/v1/verdicts', shown)).status];
}

/** Shakes hands; what came of it is the error's code or the protocol. With TLS 1.3 a refusal comes after the handshake. */
function handshake(address: string, options: ConnectionOptions): Promise<{ outcome: string; socket: TLSSocket }> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ ...options, host, servername: 'localhost', port: Number(port) });
    const done = (outcome: string) => resolve({ outcome, socket });
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.on('close', () => done('closed'));
    socket.on('secureConnect', () => socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
    socket.on('data', () => done(socket.getProtocol() ?? 'none'));
  });
}

describe('an engine with a certificate', () => {
  it('speaks TLS on all its listeners', async () => {
    expect(await answers(await withTls(), trust)).toEqual([0, 200, 200]);
  });

  it('does not speak plain text on any', async () => {
    const engine = await withTls();
    const plain = await answers(engine);
    expect(plain[0]).toBe(UNAVAILABLE);
    for (const status of plain.slice(1)) expect(status).toBe('ECONNRESET');
    const session = connectHttp2(`http://${engine.running.otlpGrpc}`);
    await new Promise((resolve) => session.on('error', () => {}).once('close', resolve));
    expect(await answers(engine, trust)).toEqual([0, 200, 200]);
  });

  it('is not believed by who trusts another authority', async () => {
    const untrusted = await answers(await withTls(), { ca: theirs.cert });
    expect(untrusted[0]).toBe(UNAVAILABLE);
    expect(untrusted.slice(1)).toEqual(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const engine = await withTls();
    const { outcome } = await handshake(engine.running.api, { ...trust, minVersion: version, maxVersion: version });
    expect(outcome).toBe(version);
  });

  it('does not speak TLS 1.1, nor a cipher without forward secrecy', async () => {
    const { running } = await withTls();
    const old = { ...trust, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    expect((await handshake(running.api, old)).outcome).toMatch(/PROTOCOL_VERSION|ECONNRESET/);
    const weak = { ...trust, maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA' } as const;
    expect((await handshake(running.api, weak)).outcome).toMatch(/HANDSHAKE_FAILURE|ECONNRESET/);
  });

  it('takes no client on the gRPC port that does not speak HTTP/2', async () => {
    const { running } = await withTls();
    expect((await handshake(running.otlpGrpc, trust)).outcome).toMatch(/closed|ECONNRESET/);
    expect((await handshake(running.otlpGrpc, { ...trust, ALPNProtocols: ['http/1.1'] })).outcome).toMatch(
      /NO_APPLICATION_PROTOCOL/,
    );
  });

  it('lives on when handshakes break off in every way', async () => {
    const engine = await withTls();
    for (const address of [engine.running.otlpGrpc, engine.running.otlpHttp, engine.running.api]) {
      const [host, port] = address.split(':');
      for (const bytes of [
        '',
        '\u0016\u0003\u0001\u0002\u0000',
        '\u0016\u0003\u0001\u0000\u0001\u0001',
        'GET / HTTP/1.1\r\n\r\n',
      ]) {
        const socket = connectPlain(Number(port), host);
        socket.on('error', () => {});
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.resume();
        socket.end(bytes, 'latin1');
        await closed;
      }
    }
    expect(await answers(engine, trust)).toEqual([0, 200, 200]);
  });
});

it('an engine that stops does not wait for who never shakes hands', async () => {
  const engine = await withTls();
  const { otlpGrpc, otlpHttp, api } = engine.running;
  const silent = await Promise.all(
    [otlpGrpc, otlpHttp, api].map(async (address) => {
      const [host, port] = address.split(':');
      const socket = connectPlain(Number(port), host);
      socket.on('error', () => {});
      await once(socket, 'connect');
      return { socket, closed: once(socket.resume(), 'close') };
    }),
  );
  // The last to connect is known to the engine once somebody after it was served.
  expect(await answers(engine, trust)).toEqual([0, 200, 200]);
  const beganMs = performance.now();
  await engine.running.close();
  expect(performance.now() - beganMs).toBeLessThan(9000);
  await Promise.all(silent.map(({ closed }) => closed));
});

it('who never shakes hands is cut off on every listener', async () => {
  const { otlpGrpc, otlpHttp, api } = (await withTls()).running;
  const closed = [otlpGrpc, otlpHttp, api].map((address) => {
    const [host, port] = address.split(':');
    const socket = connectPlain(Number(port), host).resume();
    socket.on('error', () => {});
    return once(socket, 'close');
  });
  expect(await Promise.all(closed)).toHaveLength(3);
});

describe('an engine that asks for clients’ certificates', () => {
  it('lets those in that its authority vouches for', async () => {
    const engine = await withTls(theirs);
    expect(await answers(engine, { ...trust, ...theirs.issue('collector') })).toEqual([0, 200, 200]);
  });

  it('lets nobody in without one, with a stranger’s, or with one that has expired', async () => {
    const engine = await withTls(theirs);
    const yesterday = { fromMs: Date.now() - 2 * 86_400_000, toMs: Date.now() - 86_400_000 };
    const shown = [
      {},
      authority('a stranger').issue('collector'),
      ours.issue('collector'),
      theirs.issue('old', yesterday),
    ];
    for (const certificate of shown) {
      const [code, receiver, api] = await answers(engine, { ...trust, ...certificate });
      expect(code).toBe(UNAVAILABLE);
      expect([receiver, api].filter((status) => typeof status === 'number')).toEqual([]);
    }
  });
});

describe('a certificate that is renewed', () => {
  it('is shown to new connections, without a restart', async () => {
    const engine = await withTls();
    const renewed = theirs.issue('engine');
    engine.certificate(renewed);
    const tls = { ca: theirs.cert };
    await until('the new certificate', async () => ((await post(engine, { tls })).status === 200 ? true : undefined));
    expect(await answers(engine, tls)).toEqual([0, 200, 200]);
    expect(engine.lines.filter(({ msg }) => msg === 'certificate read')).toHaveLength(2);
  });

  it('with the wrong key leaves the old one in force, and is said as an error', async () => {
    const engine = await withTls();
    engine.file('tls.crt', ours.issue('engine').cert);
    const line = await until('the error', () => engine.said(/stays in force/));
    expect(line).toMatchObject({ level: 50, code: 'PANO_ACCESS_FILE' });
    expect(line.msg).toMatch(/tlsCert, tlsKey: .*mismatch/);
    expect(await answers(engine, trust)).toEqual([0, 200, 200]);
  });
});

describe('an authority of clients that is replaced', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'lets none of the old in, not even in a session taken up again: %s',
    async (version) => {
      const engine = await withTls(theirs);
      const client = { ...trust, ...theirs.issue('collector'), minVersion: version, maxVersion: version };
      const { outcome, socket } = await handshake(engine.running.api, client);
      expect(outcome).toBe(version);
      const session = socket.getSession();
      expect((await handshake(engine.running.api, { ...client, session })).socket.isSessionReused()).toBe(true);
      engine.file('clients.crt', ours.cert);
      const replaced = { ...trust, ...ours.issue('collector') };
      await until('the new authority', async () =>
        (await post(engine, { tls: replaced })).status === 200 ? true : undefined,
      );
      expect((await handshake(engine.running.api, { ...client, session })).outcome).not.toBe(version);
      expect((await post(engine, { tls: client })).status).not.toBe(200);
    },
  );
});

describe('an engine does not start', () => {
  const broken = (cert: string, key: string, clients?: string) => {
    const engine = new SecuredEngine();
    const tlsClientCa = clients && engine.file('clients.crt', clients);
    return engine.start({ ...engine.certificate({ cert, key }), tlsClientCa });
  };

  it('with a certificate, key or authority that is none, and says which', async () => {
    await expect(broken('nonsense', server.key)).rejects.toThrow(
      /tlsCert, tlsKey: the certificate and key cannot be used/,
    );
    await expect(broken(server.cert, ours.issue('other').key)).rejects.toThrow(/mismatch/);
    await expect(broken(server.cert, server.key, '')).resolves.toBeDefined();
    await expect(broken(server.cert, server.key, 'nonsense')).rejects.toThrow(/tlsClientCa: .*it has none/);
    const torn = ours.cert.replace(/\n.{10}/, '\n');
    await expect(broken(server.cert, server.key, torn)).rejects.toThrow(/tlsClientCa/);
  });

  it('with a part of what TLS takes', async () => {
    const engine = new SecuredEngine();
    const { tlsCert, tlsKey } = engine.certificate(server);
    await expect(engine.start({ tlsCert })).rejects.toThrow(/tlsKey: must be given with tlsCert/);
    await expect(engine.start({ tlsKey })).rejects.toThrow(/tlsCert: must be given with tlsKey/);
    await expect(engine.start({ tlsClientCa: tlsCert })).rejects.toThrow(/tlsClientCa: needs/);
  });

  it('but tells of a certificate that has expired, or does so soon', async () => {
    const past = { fromMs: Date.now() - 2 * 86_400_000, toMs: Date.now() - 86_400_000 };
    const soon = { fromMs: past.fromMs, toMs: Date.now() + 5 * 86_400_000 };
    for (const [validity, words] of [
      [past, /has expired/],
      [soon, /within two weeks/],
    ] as const) {
      const engine = new SecuredEngine();
      await engine.start(engine.certificate(ours.issue('engine', validity)));
      expect(engine.said(words)).toMatchObject({ level: 40 });
    }
  });
});

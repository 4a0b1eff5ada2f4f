// SPDX-License-Identifier: Apache-2.0
/** What the doctor finds at the engine's doors: that nobody comes, or that who comes is refused. With real sockets. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/engine/doctor/diagnosis.js';
import { BYTES_IN_FLIGHT_MAX } from '../../../src/engine/ingest/admission.js';
import type { Receiver } from '../../../src/engine/ingest/receiver.js';
import { type RunningEngine, startEngine } from '../../../src/engine/main.js';
import type { EngineOptionsInput } from '../../../src/engine/options.js';
import { startEngineProcess } from '../../support/engine-process.js';
import { batchOf, resourceOf, spanOf } from '../../support/spans.js';
import { until } from '../../support/until.js';
import { Ward } from '../../support/ward.js';
import { call } from '../ingest/grpc-client.js';
import { openSocket, send } from '../ingest/receivers.js';
import { freshFolder, HAS_SQLITE } from '../journal/records.js';

const ANY_PORT = '127.0.0.1:0';

let engine: RunningEngine | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

async function start(options: EngineOptionsInput = {}): Promise<RunningEngine> {
  const ports = { otlpGrpc: ANY_PORT, otlpHttp: ANY_PORT, api: ANY_PORT };
  engine = await startEngine({ ...ports, ...options }, { log: pino({ level: 'silent' }) });
  return engine;
}

/** What the receivers' clients take for an address. */
function doorOf(address: string): Receiver {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname, port: Number(port), close: async () => undefined };
}

async function findings(api = engine?.api): Promise<Diagnosis['findings']> {
  const response = await fetch(`http://${api}/api/v1/doctor`);
  return ((await response.json()) as Diagnosis).findings;
}

const findingOf = async (code: string) => (await findings()).find((finding) => finding.code === code);

async function bytesInFlight(): Promise<number> {
  const response = await fetch(`http://${engine?.api}/api/v1/counts`);
  return ((await response.json()) as { bytesInFlight: number }).bytesInFlight;
}

/** The head of a request whose body is to be so long. */
function headOf(bodyBytes: number): string {
  return `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${bodyBytes}\r\n\r\n`;
}

describe('an engine to which nobody sends', () => {
  let ward: Ward;
  beforeEach(() => {
    ward = new Ward();
  });
  afterEach(() => ward.close());

  it('is not ready before it listens', () => {
    ward.isReady = false;
    ward.clock.advance(3000);
    expect(ward.finding('not-ready')).toMatchObject({
      severity: 'error',
      what: 'The engine has been starting for 3 s and takes no spans yet.',
    });
    expect(ward.diagnosis().unknown).toContain('no-spans');
  });

  it('is a warning at first, and after half a minute an error that says where to send', () => {
    expect(ward.finding('no-spans')?.severity).toBe('warning');
    ward.clock.advance(30_000);
    const finding = ward.finding('no-spans');
    expect(finding?.severity).toBe('error');
    expect(finding?.what).toBe('No span has come since the engine started 30 s ago.');
    expect(finding?.fix).toContain('OTEL_EXPORTER_OTLP_ENDPOINT to http://127.0.0.1:4317');
  });

  it('is told to listen elsewhere only where it listens on loopback', () => {
    expect(ward.finding('no-spans')?.fix).toContain('only this machine');
    ward.otlpGrpc = '0.0.0.0:4317';
    expect(ward.finding('no-spans')?.fix).not.toContain('only this machine');
  });

  it('has little said of the rest, because there is nothing to look at', () => {
    expect(ward.diagnosis().findings.map(({ code }) => code)).toEqual(['no-spans', 'history-off']);
    expect(ward.diagnosis().unknown).toEqual(expect.arrayContaining(['unidentified-peers', 'history-failing']));
  });
});

describe('a sender that falls silent', () => {
  it('is told of with what came before', () => {
    const ward = new Ward();
    ward.engine.accept(batchOf({ resource: resourceOf('web', 'w1'), spans: [spanOf({ endMs: ward.clock.nowMs() })] }));
    ward.clock.advance(150_000);
    expect(ward.finding('no-spans')).toMatchObject({
      severity: 'warning',
      what: 'No span has come for 90 s; 1 span came before.',
    });
    ward.close();
  });
});

describe('a request that is refused', () => {
  it('for what it is, is an error with its sender and what to do', async () => {
    const { otlpHttp } = await start({ bodyBytesMax: 1024 });
    expect((await send(doorOf(otlpHttp), Buffer.alloc(2000))).status).toBe(413);
    expect((await send(doorOf(otlpHttp), 'garbage')).status).toBe(400);
    const finding = await findingOf('requests-refused');
    expect(finding).toMatchObject({ severity: 'error' });
    expect(finding?.what).toMatch(
      /^2 requests refused in the last \d+ s: PANO_BODY_TOO_LARGE 1, PANO_WIRE_MALFORMED 1\.$/,
    );
    expect(finding?.examples[0]).toMatch(
      /^PANO_BODY_TOO_LARGE, last from 127\.0\.0\.1:\d+: the body is larger than 1024 bytes as sent; make/,
    );
  });

  it('because somebody knocked at the wrong door, is a warning', async () => {
    const { otlpHttp } = await start();
    expect((await send(doorOf(otlpHttp), '', { path: '/v2/traces' })).status).toBe(404);
    expect(await findingOf('requests-refused')).toMatchObject({ severity: 'warning' });
  });

  it('over gRPC is told of alike', async () => {
    const { otlpGrpc } = await start({ bodyBytesMax: 1024 });
    expect((await call(doorOf(otlpGrpc), Buffer.alloc(5000))).code).not.toBe(0);
    const finding = await until('the request to be counted', () => findingOf('requests-refused'));
    expect(finding.what).toContain('PANO_BODY_TOO_LARGE 1');
  });

  it('for want of room, is a warning of its own', async () => {
    const { otlpHttp } = await start();
    const bodyBytes = 4 * 1024 * 1024;
    const fullCount = BYTES_IN_FLIGHT_MAX / bodyBytes;
    const sockets = await Promise.all(Array.from({ length: fullCount }, () => openSocket(doorOf(otlpHttp))));
    for (const { socket } of sockets) {
      socket.write(headOf(bodyBytes));
      socket.write(Buffer.alloc(bodyBytes - 1));
    }
    await until('almost all room to be taken', async () =>
      (await bytesInFlight()) === BYTES_IN_FLIGHT_MAX - fullCount ? true : undefined,
    );
    expect((await send(doorOf(otlpHttp), Buffer.alloc(2000))).status).toBeGreaterThan(400);
    const finding = await findingOf('requests-turned-away');
    expect(finding?.what).toMatch(
      /^1 request turned away in the last \d+ s for want of room: 67,108,864 bytes may be in flight\.$/,
    );
    for (const { socket } of sockets) socket.destroy();
  });
});

describe('a request that breaks off', () => {
  it('is counted, whoever sent it', async () => {
    const { otlpHttp } = await start();
    const { socket } = await openSocket(doorOf(otlpHttp));
    socket.write(`${headOf(99)}{`);
    await until('it to have begun', async () => ((await bytesInFlight()) > 0 ? true : undefined));
    socket.destroy();
    const finding = await until('the request to be counted', () => findingOf('requests-lost'));
    expect(finding.what).toMatch(/^1 request in the last \d+ s broke off before it was whole\.$/);
  });
});

describe.skipIf(!HAS_SQLITE)('a history', () => {
  /** What is said of an engine's history. */
  async function saidOf(history: string): Promise<Diagnosis['findings']> {
    const { process, addresses } = await startEngineProcess('--history', history, '--log-level', 'info');
    try {
      return (await findings(addresses.api)).filter(({ code }) => code.startsWith('history'));
    } finally {
      process.kill('SIGKILL');
    }
  }

  it('whose file is broken is an error', async () => {
    const broken = path.join(freshFolder(), 'history.db');
    writeFileSync(broken, 'this is no history'.repeat(100));
    const [finding] = await saidOf(broken);
    expect(finding).toMatchObject({ code: 'history-failing', severity: 'error' });
    expect(finding?.examples[0]).toMatch(/^PANO_HISTORY_BROKEN: /);
  });

  it('that is well has nothing said against it', async () => {
    expect(await saidOf(path.join(freshFolder(), 'history.db'))).toEqual([]);
  });
});

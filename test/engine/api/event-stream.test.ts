// SPDX-License-Identifier: Apache-2.0
/** The stream of transitions: each once and in order, also for who is slow, comes back, or was away for too long. */
import { EventEmitter } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { streamEvents } from '../../../src/engine/api/event-stream.js';
import { createApi } from '../../../src/engine/api/routes.js';
import { TransitionLog } from '../../../src/engine/transition-log.js';
import { HealthStatus } from '../../../src/model/status.js';
import { FakeClock } from '../../support/fake-clock.js';
import { batchOf, observationSpanOf, resourceOf } from '../../support/spans.js';
import { transitionOf } from '../../support/verdicts.js';
import { Ward } from '../../support/ward.js';

const FIRST = 1000;
let clock: FakeClock;
let log: TransitionLog;
let followers: Set<() => void>;

beforeEach(() => {
  clock = new FakeClock();
  log = new TransitionLog(FIRST, 5);
  followers = new Set();
});

/** Something changes, and everybody who follows hears of it. */
function change(): void {
  const { seq: _numbered, ...transition } = transitionOf(0);
  log.tell(log.add(transition).seq);
  for (const onNew of followers) onNew();
}

/** A client that takes so many writes before it has to read. */
class Client extends EventEmitter {
  readonly written: string[] = [];
  destroyed = false;
  room = Number.POSITIVE_INFINITY;

  writeHead(): void {}

  write(text: string): boolean {
    this.written.push(text);
    return --this.room > 0;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  reads(room = Number.POSITIVE_INFINITY): void {
    this.room = room;
    this.emit('drain');
  }

  /** What it was told, as words. */
  get told(): readonly string[] {
    return this.written.map((text) => /^id: \d+/m.exec(text)?.[0] ?? /^event: \w+/m.exec(text)?.[0] ?? text.trim());
  }
}

function connect(after?: number, room?: number, mayGoOn?: () => boolean): Client {
  const client = new Client();
  if (room !== undefined) client.room = room;
  const reader = {
    transitions: (from: number, count: number) => log.page(from, count),
    lastSeq: () => log.lastSeq,
    follow: (onNew: () => void) => {
      followers.add(onNew);
      return () => void followers.delete(onNew);
    },
  };
  streamEvents(client as unknown as ServerResponse, { reader, clock, after, mayGoOn });
  return client;
}

describe('a stream of transitions', () => {
  it('has what comes from now on, where nobody says what he has', () => {
    change();
    const client = connect();
    change();
    change();
    expect(client.told).toEqual(['event: hello', 'id: 1001', 'id: 1002']);
  });

  it('has what came meanwhile, where he does', () => {
    for (let count = 0; count < 3; count++) change();
    const client = connect(FIRST);
    change();
    expect(client.told).toEqual(['event: hello', 'id: 1001', 'id: 1002', 'id: 1003']);
  });

  it('tells of a gap, where the log has gone past what he has', () => {
    for (let count = 0; count < 8; count++) change();
    expect(connect(FIRST).told).toEqual([
      'event: hello',
      'event: gap',
      ...[1003, 1004, 1005, 1006, 1007].map((seq) => `id: ${seq}`),
    ]);
  });

  it('does not write to who is slow until he has read, and goes on where he was', () => {
    const client = connect(undefined, 2);
    for (let count = 0; count < 4; count++) change();
    expect(client.told).toEqual(['event: hello', 'id: 1000']);
    client.reads();
    expect(client.told).toEqual(['event: hello', 'id: 1000', 'id: 1001', 'id: 1002', 'id: 1003']);
    change();
    expect(client.told.at(-1)).toBe('id: 1004');
  });

  it('tells who was slow for too long of the gap', () => {
    const client = connect(undefined, 1);
    for (let count = 0; count < 8; count++) change();
    client.reads();
    expect(client.told.slice(0, 3)).toEqual(['event: hello', 'event: gap', 'id: 1003']);
  });

  it('ends within 15 s where its client may read no more', () => {
    let mayRead = true;
    const client = connect(undefined, undefined, () => mayRead);
    clock.advance(31_000);
    expect(client.destroyed).toBe(false);
    mayRead = false;
    clock.advance(15_000);
    change();
    expect(client.destroyed).toBe(true);
    expect(client.told.at(-1)).toBe(': still here');
    expect(followers.size).toBe(0);
  });

  it('is silent for 15 s at the most, and ends with its client', () => {
    const client = connect();
    clock.advance(31_000);
    expect(client.told).toEqual(['event: hello', ': still here', ': still here']);
    client.emit('close');
    change();
    clock.advance(60_000);
    expect(client.told).toHaveLength(3);
    expect(followers.size).toBe(0);
  });
});

describe('GET /api/v1/events of who accepts text/event-stream', () => {
  it('goes on after the number in Last-Event-ID', async () => {
    const ward = new Ward();
    const server = createServer(createApi({ reader: ward.engine, self: ward.self }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const fail = (subject: string): void => {
      const content = { subject, status: HealthStatus.UNHEALTHY, reason: 'timeout' } as const;
      const span = observationSpanOf(content, ward.clock.nowMs());
      ward.engine.accept(batchOf({ resource: resourceOf('client', 'c1'), spans: [span] }));
    };
    fail('datanode/dn1');
    const [first] = ward.engine.transitions(0, 1).transitions;
    const headers = { accept: 'text/event-stream', 'last-event-id': String(first?.seq) };
    const text = await new Promise<string>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path: '/api/v1/events', headers }, (response) => {
        expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
        let all = '';
        response.on('data', (part: Buffer) => {
          all += part;
          if (all.includes('event: hello') && !all.includes('id: ')) fail('datanode/dn2');
          if (!all.includes('datanode/dn2')) return;
          resolve(all);
          response.destroy();
        });
      });
      asked.on('error', reject);
      asked.end();
    });
    expect(text).toContain(`id: ${(first?.seq ?? 0) + 1}`);
    expect(text).not.toContain('datanode/dn1');
    const wrong = await fetch(`http://127.0.0.1:${port}/api/v1/events`, {
      headers: { ...headers, 'last-event-id': 'x' },
    });
    expect([wrong.status, ((await wrong.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'PANO_QUERY_INVALID',
    ]);
    ward.close();
    server.closeAllConnections();
    server.close();
  });
});

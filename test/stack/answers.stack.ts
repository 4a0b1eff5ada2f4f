// SPDX-License-Identifier: Apache-2.0
/**
 * What a server does, and what becomes of it: the stock instrumentations that people run, against real servers that are
 * stopped, killed, broken off and starved. Each line pins what the caller gets and what is observed, in order. The tables
 * in `docs/verdicts.md` are made of what was measured here, and are held against it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMariadb } from './mariadb-server.js';
import { type Observed, type ObservedCalls, observeCalls } from './observed-calls.js';
import { startOwnServer } from './own-server.js';
import { startPostgres } from './postgres-server.js';
import { whyWithout } from './programs.js';
import { startRabbitmq } from './rabbitmq-server.js';
import { startRedis } from './redis-server.js';
import type { Server } from './server-process.js';
import { type MeasuredTable, reconcile, tableOf } from './verdicts-page.js';

const without = {
  redis: whyWithout('redis-server', 'redis-server'),
  postgres: whyWithout('postgres', 'postgresql'),
  mariadb: whyWithout('mariadbd', 'mariadb-server'),
  rabbitmq: whyWithout('rabbitmq-server', 'rabbitmq-server'),
};

/** What the server does, what its caller gets, and what it becomes, in which operation (as of the column's own). */
type Line = readonly [name: string, caller: 'answered' | 'failed' | 'waits', becomes: string, operation?: RegExp];

interface Column {
  readonly fixture: string;
  readonly start: () => Promise<Server>;
  readonly without?: string | undefined;
  /** The operations of the calls themselves. */
  readonly own: RegExp;
  /** The driver's operations on the way there: shown with their names, and only where they are not well. */
  readonly onTheWay?: RegExp;
  readonly subjects: (ports: readonly number[]) => readonly string[];
  readonly lines: readonly Line[];
}

const NOTHING = 'nothing';
const addresses = (ports: readonly number[]) => ports.map((port) => `127.0.0.1:${port}`);
const databases = (system: string) => (ports: readonly number[]) => addresses(ports).map((at) => `${system}/${at}`);

const COLUMNS: Readonly<Record<string, Column>> = {
  'node:http': {
    fixture: 'http-calls.mjs',
    start: () => startOwnServer('http'),
    own: /^GET$/,
    subjects: addresses,
    lines: [
      ['answers', 'answered', 'healthy ok'],
      ['answers that the request is wrong', 'answered', 'healthy request_fault'],
      ['answers with a fault of its own', 'answered', 'unhealthy server_error'],
      ['refuses the connection', 'failed', 'unhealthy refused'],
      ['resets the connection mid-answer', 'failed', 'unhealthy reset'],
      ['closes the connection mid-answer', 'failed', 'healthy ok'],
      ['takes a connection and says nothing', 'waits', 'pending hung'],
      ['never answers, the caller waits', 'waits', 'pending hung'],
      ['never answers, the caller has a timeout', 'failed', 'pending hung → unhealthy timeout'],
      ['answers byte by byte', 'answered', 'pending hung → healthy ok'],
      ['is stopped, and goes on', 'answered', 'pending hung → healthy ok'],
      ['is killed while a call waits', 'failed', 'pending hung → unhealthy reset'],
    ],
  },
  fetch: {
    fixture: 'fetch-calls.mjs',
    start: () => startOwnServer('http'),
    own: /^GET$/,
    subjects: addresses,
    lines: [
      ['answers', 'answered', 'healthy ok'],
      ['answers that the request is wrong', 'answered', 'healthy request_fault'],
      ['answers with a fault of its own', 'answered', 'unhealthy server_error'],
      ['refuses the connection', 'failed', 'unhealthy refused'],
      ['resets the connection mid-answer', 'failed', 'unhealthy reset'],
      ['closes the connection mid-answer', 'failed', 'unhealthy reset'],
      ['takes a connection and says nothing', 'waits', 'pending hung'],
      ['never answers, the caller waits', 'waits', 'pending hung'],
      ['never answers, the caller has a timeout', 'failed', 'pending hung → unhealthy timeout'],
      ['answers byte by byte', 'answered', 'pending hung → healthy ok'],
      ['is stopped, and goes on', 'answered', 'pending hung → healthy ok'],
      ['is killed while a call waits', 'failed', 'pending hung → unhealthy reset'],
    ],
  },
  '@grpc/grpc-js': {
    fixture: 'grpc-calls.mjs',
    start: () => startOwnServer('grpc'),
    own: /^shop\.Orders\/Answer$/,
    subjects: addresses,
    lines: [
      ['answers', 'answered', 'healthy ok'],
      ['answers that the request is wrong', 'failed', 'healthy request_fault'],
      ['answers with a fault of its own', 'failed', 'unhealthy rpc_error'],
      ['refuses the connection', 'failed', 'unhealthy refused'],
      ['resets the connection mid-answer', 'failed', 'unhealthy reset'],
      ['closes the connection mid-answer', 'failed', 'unhealthy reset'],
      ['takes a connection and says nothing', 'waits', 'pending hung'],
      ['never answers, the caller waits', 'waits', 'pending hung'],
      ['never answers, the caller has a timeout', 'failed', 'pending hung → unhealthy timeout'],
      ['answers byte by byte', 'answered', 'pending hung → healthy ok'],
      ['is stopped, and goes on', 'answered', 'pending hung → healthy ok'],
      ['is killed while a call waits', 'failed', 'pending hung → unhealthy reset'],
    ],
  },
  pg: {
    fixture: 'pg-calls.mjs',
    start: startPostgres,
    without: without.postgres,
    own: /^pg\.query:SELECT postgres$/,
    onTheWay: /^pg(?:-pool)?\.connect$/,
    subjects: databases('postgresql'),
    lines: [
      ['a client without a pool: refuses the connection', 'failed', 'pg.connect: unhealthy refused'],
      ['a client without a pool: has no room for another', 'failed', 'pg.connect: unhealthy error'],
      ['answers', 'answered', 'healthy ok'],
      ['answers that the request is wrong', 'failed', 'healthy request_fault'],
      ['answers with a fault of its own', 'failed', 'unhealthy error'],
      ['refuses the connection', 'failed', 'pg.connect: unhealthy refused → pg-pool.connect: unhealthy refused'],
      ['resets the connection mid-answer', 'failed', 'unhealthy reset'],
      ['closes the connection mid-answer', 'failed', 'unhealthy reset'],
      ['takes a connection and says nothing', 'waits', 'pg-pool.connect: pending hung'],
      ['never answers, the caller waits', 'waits', 'pending hung'],
      ['never answers, the caller has a timeout', 'failed', 'pending hung → unhealthy timeout'],
      ['answers byte by byte', 'answered', 'pending hung → healthy ok'],
      ['is stopped, and goes on', 'answered', 'pending hung → healthy ok'],
      ['is killed while a call waits', 'failed', 'pending hung → unhealthy reset'],
    ],
  },
  mysql2: {
    fixture: 'mysql2-calls.mjs',
    start: startMariadb,
    without: without.mariadb,
    own: /^(?:SELECT|KILL)$/,
    subjects: databases('mysql'),
    lines: [
      ['a connection without a pool: refuses it', 'failed', 'unhealthy refused'],
      ['a connection without a pool: has no room for another', 'failed', 'unhealthy error'],
      ['answers', 'answered', 'healthy ok'],
      ['answers that the request is wrong', 'failed', 'healthy request_fault'],
      ['answers with a fault of its own', 'failed', 'unhealthy error'],
      ['refuses the connection', 'failed', NOTHING],
      ['resets the connection mid-answer', 'failed', 'unhealthy reset'],
      ['closes the connection mid-answer', 'failed', 'unhealthy reset'],
      ['takes a connection and says nothing', 'waits', NOTHING],
      ['never answers, the caller waits', 'waits', 'pending hung'],
      ['never answers, the caller has a timeout', 'failed', 'pending hung → unhealthy timeout'],
      ['answers byte by byte', 'answered', 'pending hung → healthy ok'],
      ['is stopped, and goes on', 'answered', 'pending hung → healthy ok'],
      ['is killed while a call waits', 'failed', 'pending hung → unhealthy reset'],
    ],
  },
  ioredis: {
    fixture: 'ioredis-calls.mjs',
    start: startRedis,
    without: without.redis,
    own: /^[GS]ET$/,
    subjects: databases('redis'),
    lines: [
      ['answers, outside of every other span', 'answered', NOTHING],
      ['refuses the connection, which nobody uses', 'failed', 'healthy ok', /^connect$/],
      ['answers', 'answered', 'healthy ok'],
      ['answers that the request is wrong', 'failed', 'healthy request_fault'],
      ['answers with a fault of its own', 'failed', 'unhealthy error'],
      ['refuses the connection', 'failed', 'pending hung → unhealthy error'],
      ['resets the connection mid-answer', 'answered', 'healthy ok'],
      ['closes the connection mid-answer', 'answered', 'healthy ok'],
      ['takes a connection and says nothing', 'waits', 'pending hung'],
      ['never answers, the caller waits', 'waits', 'pending hung'],
      ['never answers, the caller has a timeout', 'failed', 'pending hung → unhealthy timeout'],
      ['answers byte by byte', 'answered', 'pending hung → healthy ok'],
      ['is stopped, and goes on', 'answered', 'pending hung → healthy ok'],
      ['is killed while a call waits', 'failed', 'pending hung → unhealthy error'],
    ],
  },
  amqplib: {
    fixture: 'amqplib-calls.mjs',
    start: startRabbitmq,
    without: without.rabbitmq,
    own: /^publish /,
    subjects: () => ['rabbitmq/orders', 'rabbitmq/full%20orders', 'rabbitmq/nowhere'],
    lines: [
      ['has no memory left, and goes on', 'answered', 'pending hung → healthy ok'],
      ['is stopped, and nobody asked for confirms', 'answered', 'healthy ok'],
      ['answers', 'answered', 'healthy ok'],
      ['answers that the request is wrong', 'failed', 'unhealthy error'],
      ['answers with a fault of its own', 'failed', 'unhealthy error'],
      ['refuses the connection', 'failed', NOTHING],
      ['resets the connection mid-answer', 'failed', 'unhealthy error'],
      ['closes the connection mid-answer', 'failed', 'unhealthy error'],
      ['takes a connection and says nothing', 'waits', NOTHING],
      ['never answers, the caller waits', 'waits', 'pending hung'],
      ['never answers, the caller has a timeout', 'failed', 'pending hung → unhealthy error'],
      ['answers byte by byte', 'answered', 'pending hung → healthy ok'],
      ['is stopped, and goes on', 'answered', 'pending hung → healthy ok'],
      ['is killed while a call waits', 'failed', 'pending hung → unhealthy error'],
    ],
  },
};

const measured = new Map<string, ReadonlyMap<string, string>>();

for (const [heading, column] of Object.entries(COLUMNS)) {
  describe.skipIf(column.without)(`with ${heading}, a server that`, () => {
    let server: Server | undefined;
    let calls: ObservedCalls;

    beforeAll(async () => {
      server = await column.start();
      calls = await observeCalls(column.fixture, server);
      const rows = calls.results.map(({ name, observations }) => [name, becomes(column, name, observations)] as const);
      measured.set(heading, new Map(rows));
    }, 300_000);
    afterAll(() => server?.stop());

    it.for(column.lines)('%s: its caller %s: %s', ([name, caller, expected]) => {
      const result = calls.results.find((each) => each.name === name);
      expect({ caller: result?.caller, becomes: measured.get(heading)?.get(name) }).toEqual({
        caller,
        becomes: expected,
      });
    });

    it('has a line for each call, and each call names it', () => {
      expect(calls.results.map(({ name }) => name).sort()).toEqual(column.lines.map(([name]) => name).sort());
      const subjects = new Set(calls.results.flatMap(({ observations }) => observations.map(({ subject }) => subject)));
      expect([...subjects].sort()).toEqual([...column.subjects(calls.ports)].sort());
    });
  });
}

/** The observations in order, repeats once. */
function becomes({ own, onTheWay, lines }: Column, name: string, observations: readonly Observed[]): string {
  const operations = lines.find(([each]) => each === name)?.[3] ?? own;
  const words = observations.flatMap(({ operation, status, reason }) => {
    if (operations.test(operation)) return [`${status} ${reason}`];
    return onTheWay?.test(operation) && status !== 'healthy' ? [`${operation}: ${status} ${reason}`] : [];
  });
  return words.filter((word, index) => word !== words[index - 1]).join(' → ') || NOTHING;
}

describe('docs/verdicts.md', () => {
  const tables: readonly MeasuredTable[] = [
    { name: 'HTTP and gRPC', headings: ['node:http', 'fetch', '@grpc/grpc-js'] },
    { name: 'databases and brokers', headings: ['pg', 'mysql2', 'ioredis', 'amqplib'] },
  ];

  it.for(tables)('shows of $name what was measured', (table, { skip }) => {
    const left = table.headings.find((heading) => COLUMNS[heading]?.without);
    skip(left !== undefined, `${left} was left out`);
    const missing = table.headings.find((heading) => !measured.has(heading));
    expect(missing, 'a column was not measured').toBeUndefined();
    const { shown, made } = reconcile(table, tableOf(table, measured));
    expect(shown, 'UPDATE_DOCS=1 npm run test:stack writes the table anew').toBe(made);
  });
});

// SPDX-License-Identifier: Apache-2.0
/**
 * The load generator, a process of its own. In the closed loop each of a fixed number of connections sends its next request
 * as soon as it is answered: that shows how much a service can do. In the open loop requests come at a fixed rate, whether
 * the service keeps up or not: that shows what waiting for it is like, which a closed loop hides.
 *
 * Latencies are kept one by one, so that their quantiles are exact.
 */
import { randomBytes } from 'node:crypto';
import { serveParent } from '../child.js';
import { quantile } from '../rounds.js';
import { Connection } from './connection.js';

/** Whom to load, in turn. */
export interface Round {
  readonly targets: readonly Target[];
  /** Times that each target has its turn. */
  readonly turns: number;
  readonly turnMs: number;
  /** Connections of the closed loop; those of the open loop that wait for a request at the most. */
  readonly connections: number;
  /** Requests a second of the open loop; without it the loop is closed. */
  readonly rate?: number | undefined;
}

export interface Target {
  readonly port: number;
  /** Lines of the head that a caller with Panorama sends more than others. */
  readonly headers: string;
}

/** What a target did in all its turns. */
export interface TargetFigures {
  /** Requests that were answered well, the lead-ins included. */
  readonly count: number;
  readonly failed: number;
  /** A second, without the lead-ins. */
  readonly throughput: number;
  /** Of those after the lead-in, in ms. */
  readonly p50: number;
  readonly p99: number;
}

/** Share of a turn that only warms caches up. */
const LEAD_IN = 0.1;

const ORDER = JSON.stringify({
  customer: 'c-1841',
  lines: Array.from({ length: 8 }, (_, n) => ({ article: `article-${n}`, count: n + 1, cents: 995 + 100 * n })),
});

const connections = new Map<number, Connection[]>();

async function connectionsTo(port: number, count: number): Promise<Connection[]> {
  const open = (connections.get(port) ?? []).filter((connection) => connection.isOpen);
  while (open.length < count) open.push(await Connection.open(port));
  connections.set(port, open);
  return open.slice(0, count);
}

/** Trace ids that nobody has had: each request begins a trace, as at the edge. */
const traceStart = randomBytes(8).toString('hex');
let requestCount = 0;

function requestTo({ port, headers }: Target): string {
  const id = (++requestCount).toString(16).padStart(16, '0');
  return (
    `POST /orders/${requestCount} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
    `content-length: ${ORDER.length}\r\ntraceparent: 00-${traceStart}${id}-${id}-01\r\n${headers}\r\n${ORDER}`
  );
}

/** The targets have short turns in changing order, so that what the machine does meanwhile hits all of them alike. */
async function run(round: Round): Promise<TargetFigures[]> {
  const records = round.targets.map(() => ({ latencies: [] as number[], ms: 0, count: 0, failed: 0 }));
  for (let turn = 0; turn < round.turns; turn++) {
    for (const index of orderOf(round.targets.length, turn)) {
      const target = round.targets[index] as Target;
      const record = records[index] as (typeof records)[number];
      // A turn begins with its connections open: on a busy machine that alone may take as long as a short one.
      const pool = await connectionsTo(target.port, round.connections);
      const start = performance.now();
      const end = start + round.turnMs;
      const counted = start + round.turnMs * LEAD_IN;
      // Without an answer that counts, a turn goes on until there is one: it tells how slow a busy machine is, and not nothing.
      const before = record.latencies.length;
      let lastMs = end;
      await (round.rate === undefined ? closedLoop : openLoop)(
        target,
        pool,
        start,
        end,
        round.rate ?? 0,
        (status, sent) => {
          const now = performance.now();
          if (status === 200) record.count++;
          else record.failed++;
          if (sent < counted || (now > end && record.latencies.length > before)) return;
          record.latencies.push(now - sent);
          lastMs = Math.max(end, now);
        },
        () => record.latencies.length > before,
      );
      record.ms += lastMs - counted;
    }
  }
  return records.map(({ latencies, ms, count, failed }) => ({
    count,
    failed,
    throughput: (latencies.length * 1000) / ms,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }));
}

/** Each follows each other one as often as it goes before it. */
function orderOf(count: number, turn: number): number[] {
  const order = Array.from({ length: count }, (_, index) => (index + (turn >> 1)) % count);
  return turn % 2 === 0 ? order : order.reverse();
}

type Loop = (
  target: Target,
  pool: Connection[],
  start: number,
  end: number,
  rate: number,
  answered: (status: number, sent: number) => void,
  hasCounted: () => boolean,
) => Promise<void>;

const closedLoop: Loop = async (target, pool, _start, end, _rate, answered, hasCounted) => {
  const loop = (connection: Connection) =>
    new Promise<void>((resolve) => {
      const next = () => {
        const sent = performance.now();
        if (sent >= end && hasCounted()) return resolve();
        connection.send(requestTo(target), (status) => {
          answered(status, sent);
          if (status > 0) next();
          else resolve();
        });
      };
      next();
    });
  await Promise.all(pool.map(loop));
};

/** Each millisecond sends what is due by then. A request that finds no connection waits for one, and that is its latency too. */
const openLoop: Loop = (target, pool, start, end, rate, answered, hasCounted) => {
  const idle = [...pool];
  const waiting: number[] = [];
  let [due, inFlight] = [0, 0];
  const send = (connection: Connection, sent: number): void => {
    inFlight++;
    connection.send(requestTo(target), (status) => {
      inFlight--;
      answered(status, sent);
      const next = status > 0 ? waiting.shift() : undefined;
      if (next !== undefined) send(connection, next);
      else if (status > 0) idle.push(connection);
    });
  };
  return new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const until = hasCounted() ? Math.min(now, end) : now;
      for (const dueNow = ((until - start) * rate) / 1000; due < dueNow; due++) {
        const connection = idle.pop();
        if (connection) send(connection, now);
        else waiting.push(now);
      }
      if (now < end || inFlight > 0 || (!hasCounted() && idle.length > 0)) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
};

serveParent('ready', run);

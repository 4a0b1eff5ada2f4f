// SPDX-License-Identifier: Apache-2.0
/**
 * Baggage through a real broker: processes that exchange jobs over a Redis stream with the broker's own client. What the
 * producer unpacks must be what the runs it heard of have packed, tuple for tuple, whatever is delivered twice or dies.
 */
import path from 'node:path';
import fc from 'fast-check';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../support/child.js';
import { whyWithout } from './programs.js';
import { type RedisServer, startRedis } from './redis-server.js';

const without = whyWithout('redis-server', 'redis-server');

type Tuple = { part: string; n: number };
interface Job {
  /** What the producer packs: two before it sends the job, the others after the reply. */
  own?: Tuple[];
  /** What the consumer packs. */
  tuples: Tuple[];
  /** Jobs that the consumer sends in turn, to whoever takes them. */
  passesOn?: Job[];
  /** When the consumer that is given it first ends, by SIGKILL. */
  dies?: 'before it replies' | 'before it acknowledges';
}
interface Request {
  /** Whether each job is sent from a branch of its own, or all share the scope. */
  forks: boolean;
  jobs: Job[];
}
interface Saw {
  by: string;
  traceId: string;
  observer: string;
  origin: string;
}
interface Told {
  counts: { malformed: number; notPacked: number; outside: number; truncated: number; faults: number };
  requests: {
    request: string;
    traceId: string;
    runs: string[];
    replies: { runs: string[]; saw: Saw[]; answeredBy: string }[];
    tuples: Tuple[];
    totals: (Tuple & { tuples: number })[];
  }[];
}

const PEER = path.join(import.meta.dirname, 'fixtures', 'stream-peer.mjs');
const PRODUCER = 'shop/p1';

// Few different tuples, so that most are packed by several: it is how many of each arrive that counts.
const tuples = fc.array(fc.record({ part: fc.constantFrom('a', 'b', 'c'), n: fc.integer({ min: 0, max: 3 }) }), {
  maxLength: 4,
});
const passesOn = fc.array(fc.record({ tuples }), { maxLength: 2 });
const job: fc.Arbitrary<Job> = fc.record({ own: tuples, tuples, passesOn });
const request: fc.Arbitrary<Request> = fc.record({
  forks: fc.boolean(),
  jobs: fc.array(job, { minLength: 10, maxLength: 20 }),
});

describe.skipIf(without)('jobs over a Redis stream', () => {
  let server: RedisServer;
  let redis: ReturnType<typeof createClient>;
  let stream: string;
  let streamCount = 0;
  let requestCount = 0;
  let peers: Child[];
  let producer: Child;

  beforeAll(async () => {
    server = await startRedis();
    redis = createClient({ url: server.url });
    await redis.connect();
  });
  afterAll(async () => {
    await redis?.close();
    await server?.stop();
  });
  beforeEach(() => {
    stream = `jobs ${++streamCount}`;
    peers = [];
  });
  afterEach(async () => {
    for (const { process } of peers) process.kill('SIGKILL');
    await Promise.all(peers.map((peer) => gone(peer)));
  });

  /** Starts a producer and the consumers of each group. */
  async function start(groups: Record<string, string[]>): Promise<Child[]> {
    for (const group of Object.keys(groups)) await redis.xGroupCreate(stream, group, '0', { MKSTREAM: true });
    const peer = (...args: string[]) => {
      const child = startChild(PEER, args, { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' });
      // `next` leaves a listener for the child's end behind each time it is asked; these children are asked often.
      child.process.setMaxListeners(100);
      peers.push(child);
      return child;
    };
    producer = peer('shop', 'p1', server.url, stream);
    const consumers = Object.entries(groups).flatMap(([group, instances]) =>
      instances.map((instance) => peer(group, instance, server.url, stream, group)),
    );
    await Promise.all(peers.map((each) => each.next()));
    return consumers;
  }

  /** Has the producer ask, and waits until it has a reply to every job. */
  function ask(requests: Request[], groups: string[]): Promise<unknown> {
    const named = requests.map((each) => ({ ...each, groups, request: `request ${++requestCount}` }));
    return command(producer, 'ask', { requests: named });
  }

  /** Holds what the producer unpacks against what Redis has of the runs whose replies it joined. */
  async function tellsTheTruth(): Promise<Told> {
    const told = (await command(producer, 'tell')) as Told;
    for (const { runs, tuples: unpacked, totals } of told.requests) {
      const lists = await Promise.all(runs.map((run) => redis.lRange(`${stream} packed in ${run}`, 0, -1)));
      const packed = lists.flat().map((text) => JSON.parse(text) as Tuple);
      expect(sorted(unpacked)).toEqual(sorted(packed));
      expect(sorted(totals)).toEqual(sorted(totalsOf(packed)));
    }
    const { malformed, notPacked, outside, faults } = told.counts;
    expect({ malformed, notPacked, outside, faults }).toEqual({ malformed: 0, notPacked: 0, outside: 0, faults: 0 });
    return told;
  }

  it('bring back exactly what producer and consumers packed, and nothing twice when every reply comes again', async () => {
    await start({ work: ['w1', 'w2'] });
    let replyCount = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 4 }), async (requests) => {
        await ask(requests, ['work']);
        const told = await tellsTheTruth();
        replyCount += told.requests.slice(-requests.length).flatMap(({ replies }) => replies).length;
      }),
      { numRuns: 12, endOnFailure: true },
    );
    expect(replyCount).toBeGreaterThanOrEqual(240);
    await command(producer, 'joinAllAgain');
    const { requests } = await tellsTheTruth();
    const answering = new Set(requests.flatMap(({ replies }) => replies.map(({ answeredBy }) => answeredBy)));
    expect([...answering].sort()).toEqual(['work/w1', 'work/w2']);
  });

  it('bring back exactly what was packed when one request has three hundred of them under way', async () => {
    await start({ work: ['w1', 'w2'] });
    await ask([{ forks: false, jobs: fc.sample(job, 300) }], ['work']);
    await tellsTheTruth();
    await command(producer, 'joinAllAgain');
    const { requests } = await tellsTheTruth();
    expect(requests[0]?.replies.length).toBe(300);
  });

  it('carry the trace and who asks, and the reply says which instance answered', async () => {
    await start({ work: ['w1'] });
    const passesOn = [{ tuples: [] }];
    await ask([{ forks: false, jobs: [{ tuples: [], passesOn }] }], ['work']);
    const [{ traceId, replies } = { traceId: '', replies: [] }] = (await tellsTheTruth()).requests;
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(replies).toMatchObject([
      {
        answeredBy: 'work/w1',
        saw: [
          { by: 'work/w1', traceId, observer: PRODUCER, origin: PRODUCER },
          { by: 'work/w1', traceId, observer: 'work/w1', origin: PRODUCER },
        ],
      },
    ]);
  });

  it('bring back the tuples of both groups when each job goes to two, none of them twice', async () => {
    await start({ work: ['w1', 'w2'], audit: ['a1'] });
    await ask(fc.sample(request, 6), ['work', 'audit']);
    await command(producer, 'joinAllAgain');
    for (const { replies } of (await tellsTheTruth()).requests) {
      const answers = replies.map(({ answeredBy }) => answeredBy.split('/')[0]);
      expect(answers.filter((group) => group === 'audit').length).toBe(answers.length / 2);
      expect(replies.flatMap(({ runs }) => runs).some((run) => run.startsWith('a1'))).toBe(true);
    }
  });

  describe('when a consumer is killed', () => {
    const deadly: Tuple = { part: 'deadly', n: 1 };
    const runsOf = ({ requests }: Told) => requests.flatMap(({ runs }) => runs);
    const deadlyIn = ({ requests }: Told) =>
      requests.flatMap((each) => each.tuples).filter(({ part }) => part === deadly.part).length;

    /** Has one of many jobs kill its consumer, and the other consumer take over. @returns the instance that died */
    async function killed(dies: NonNullable<Job['dies']>): Promise<string> {
      const consumers = await start({ work: ['w1', 'w2'] });
      const requests = fc.sample(request, 4);
      requests[2]?.jobs.splice(5, 0, { tuples: [deadly], passesOn: [{ tuples: [] }], dies });
      const asked = ask(requests, ['work']);
      const dead = await Promise.race(consumers.map((each) => gone(each).then(() => each)));
      await command(consumers.find((each) => each !== dead) as Child, 'takeOver');
      await asked;
      expect((await redis.xPending(stream, 'work')).pending).toBe(0);
      // Replies come in order: with the one to a later job, the producer has read every reply before it.
      await ask([{ forks: false, jobs: [{ tuples: [] }] }], ['work']);
      return dead === consumers[0] ? 'w1' : 'w2';
    }

    it('before it replies, only its own part is lost and the redelivered job counts once', async () => {
      const dead = await killed('before it replies');
      const told = await tellsTheTruth();
      expect(deadlyIn(told)).toBe(1);
      const [run] = await runsWith(deadly, dead);
      expect(run).toBeDefined();
      expect(runsOf(told)).not.toContain(run);
    });

    it('after it replied, the job is worked on twice and counts once, since its second reply is nobody’s', async () => {
      const dead = await killed('before it acknowledges');
      const told = await tellsTheTruth();
      expect(deadlyIn(told)).toBe(1);
      const [run] = await runsWith(deadly, dead);
      expect(runsOf(told)).toContain(run);
    });

    it('after it replied, whoever joins the replies of both runs has both, each once', async () => {
      await killed('before it acknowledges');
      await command(producer, 'joinAllAgain');
      await command(producer, 'joinAllAgain');
      expect(deadlyIn(await tellsTheTruth())).toBe(2);
    });

    /** The runs of an instance in which a tuple was packed. */
    async function runsWith(tuple: Tuple, instance: string): Promise<string[]> {
      const prefix = `${stream} packed in `;
      const found: string[] = [];
      for (const list of await redis.keys(`${prefix}${instance}#*`)) {
        const rows = await redis.lRange(list, 0, -1);
        if (rows.includes(JSON.stringify(tuple))) found.push(list.slice(prefix.length));
      }
      return found;
    }
  });
});

function command(child: Child, name: string, rest: object = {}): Promise<unknown> {
  return child.ask(JSON.stringify({ command: name, ...rest }));
}

/** Ended by itself, or by a signal. */
async function gone(child: Child): Promise<void> {
  if (child.process.signalCode === null) await child.ended();
}

const sorted = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();

function totalsOf(packed: readonly Tuple[]): (Tuple & { tuples: number })[] {
  const parts = [...new Set(packed.map(({ part }) => part))];
  return parts.map((part) => {
    const rows = packed.filter((each) => each.part === part);
    return { part, n: rows.reduce((sum, { n }) => sum + n, 0), tuples: rows.length };
  });
}

// SPDX-License-Identifier: Apache-2.0
/** Alerts reach a real server signed and as they are now, are sent again where that helps, and nothing grows while it is away. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AlertMessage, Alerts } from '../../../src/engine/bridge/alerts.js';
import { Webhook } from '../../../src/engine/bridge/webhook.js';
import { HealthStatus } from '../../../src/model/status.js';
import type { Verdict } from '../../../src/model/verdict.js';
import { FakeClock } from '../../support/fake-clock.js';
import { until } from '../../support/until.js';
import { transitionOf } from '../../support/verdicts.js';

interface Post {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let posts: Post[];
let answers: number[];
/** Messages with these words get no answer until the test gives one. */
let hanging: Map<string, ServerResponse | undefined>;
let clock: FakeClock;
let failures: (string | undefined)[];

beforeEach(async () => {
  posts = [];
  answers = [];
  hanging = new Map();
  failures = [];
  clock = new FakeClock();
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      posts.push({ headers: request.headers, body });
      const held = [...hanging.keys()].find((words) => body.includes(words));
      if (held === undefined) response.writeHead(answers.shift() ?? 200).end('thanks');
      else hanging.set(held, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function webhook(secret = '', waitingCountMax?: number): Webhook {
  const { port } = server.address() as AddressInfo;
  const onFailing = (why: string | undefined) => void failures.push(why);
  return new Webhook({ url: `http://127.0.0.1:${port}/hook`, secret, clock, onFailing, waitingCountMax });
}

const message = (groupKey: string) => ({ version: '4', groupKey, alerts: [] }) as unknown as AlertMessage;
const reached = (isSo: () => boolean) => until('what the test expects', () => isSo() || undefined);
const told = () => posts.map(({ body }) => JSON.parse(body) as AlertMessage);
const keys = () => told().map(({ groupKey }) => groupKey);
/** Whether so many attempts have failed, and what failed waits. */
const hasFailed = (hook: Webhook, count: number, timerCount = 1) =>
  reached(() => hook.counts.failed === count && clock.timerCount === timerCount);

/** What an engine says of the subject `db`, one change after the other. */
function storyOf(...steps: readonly Partial<Verdict>[]): readonly AlertMessage[] {
  const alerts = new Alerts('http://engine:16688');
  return steps.map((verdict, index) => alerts.messageOf(transitionOf(index, { verdict })) as AlertMessage);
}
const GRAY = { status: HealthStatus.UNHEALTHY, failure: 'gray' } as const;
const CRASH = { status: HealthStatus.UNHEALTHY, failure: 'crash' } as const;
const WELL = { status: HealthStatus.HEALTHY, failure: 'none' } as const;
/** Each message's alerts, as `firing gray`. */
const alertsTold = () =>
  told().map(({ alerts }) => alerts.map(({ status, labels }) => `${status} ${labels['failure']}`).join(', '));

describe('a webhook', () => {
  it('is sent each alert once', async () => {
    const hook = webhook();
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) hook.send(message(key));
    await reached(() => hook.counts.sent === 6);
    expect(keys().sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(posts[0]?.headers['content-type']).toBe('application/json');
    await hook.close();
    expect(hook.counts).toEqual({ sent: 6, lost: 0, failed: 0 });
    expect(clock.timerCount).toBe(0);
  });

  it('can tell with the secret who sent it and when', async () => {
    const hook = webhook('s3cret');
    hook.send(message('a'));
    await reached(() => posts.length === 1);
    const [{ headers, body }] = posts as [Post];
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-panorama-signature'])) ?? [];
    expect(Number(seconds)).toBe(Math.floor(clock.nowMs() / 1000));
    expect(digest).toBe(createHmac('sha256', 's3cret').update(`${seconds}.${body}`).digest('hex'));
    await hook.close();
  });

  it('that does not answer well is asked again, ever later', async () => {
    answers = [503, 429];
    const hook = webhook();
    hook.send(message('a'));
    await hasFailed(hook, 1);
    clock.advance(1000);
    await hasFailed(hook, 2);
    clock.advance(1999);
    expect(posts).toHaveLength(2);
    clock.advance(1);
    await reached(() => hook.counts.sent === 1);
    expect(keys()).toEqual(['a', 'a', 'a']);
    expect(failures).toEqual(['it answered 503', undefined]);
    await hook.close();
    expect(hook.counts).toMatchObject({ sent: 1, lost: 0 });
  });

  it('that does not take one alert gets the others meanwhile, and is said to fail once', async () => {
    answers = [503];
    const hook = webhook();
    hook.send(message('a'));
    await hasFailed(hook, 1);
    for (const key of ['b', 'c']) hook.send(message(key));
    await reached(() => hook.counts.sent === 2);
    expect(failures).toEqual(['it answered 503']);
    clock.advance(1000);
    await reached(() => hook.counts.sent === 3);
    expect(failures).toEqual(['it answered 503', undefined]);
    await hook.close();
  });

  it('that never answers to one alert gets the others meanwhile, and four at a time', async () => {
    hanging = new Map([['held', undefined]]);
    const hook = webhook();
    for (const key of ['held 1', 'b', 'held 2', 'c', 'held 3', 'd']) hook.send(message(key));
    await reached(() => hook.counts.sent === 3);
    for (const key of ['held 4', 'held 5', 'e']) hook.send(message(key));
    await reached(() => posts.length === 7);
    expect(keys()).not.toContain('held 5');
    expect(keys()).not.toContain('e');
    clock.advance(10_000);
    await reached(() => hook.counts.sent === 4 && hook.counts.failed === 4);
    expect(failures).toEqual(['it did not answer in time']);
    const closed = hook.close();
    clock.advance(3000);
    await closed;
  });

  it('that was away is told of a subject as it is now, what has ended first', async () => {
    answers = [503];
    const hook = webhook();
    const [first, ...others] = storyOf(GRAY, CRASH, WELL, CRASH);
    hook.send(first as AlertMessage);
    await hasFailed(hook, 1);
    for (const each of others) hook.send(each);
    expect(posts).toHaveLength(1);
    clock.advance(1000);
    await reached(() => hook.counts.sent === 1);
    expect(alertsTold()).toEqual(['firing gray', 'resolved gray, firing crash']);
    expect(told()[1]).toMatchObject({ status: 'firing', commonLabels: { subject: 'db' } });
    await hook.close();
    expect(hook.counts).toMatchObject({ sent: 1, lost: 0 });
  });

  it('hears of an end after its beginning, however long that took', async () => {
    hanging = new Map([['"firing"', undefined]]);
    const hook = webhook();
    const [fires, ends] = storyOf(GRAY, WELL) as [AlertMessage, AlertMessage];
    hook.send(fires);
    await reached(() => hanging.get('"firing"') !== undefined);
    hook.send(ends);
    hook.send(message('b'));
    await reached(() => hook.counts.sent === 1);
    expect(keys()).toEqual([fires.groupKey, 'b']);
    hanging.get('"firing"')?.writeHead(200).end();
    await reached(() => hook.counts.sent === 3);
    expect(alertsTold()).toEqual(['firing gray', '', 'resolved gray']);
    await hook.close();
  });

  it('that will never take an alert is not asked again', async () => {
    answers = [400];
    const hook = webhook();
    hook.send(message('a'));
    hook.send(message('b'));
    await reached(() => posts.length === 2);
    expect(keys().sort()).toEqual(['a', 'b']);
    await hook.close();
    expect(hook.counts).toMatchObject({ sent: 1, lost: 1, failed: 1 });
  });

  it('is never led to another place', async () => {
    const hook = webhook();
    server.prependOnceListener('request', (_, response) => response.setHeader('location', '/elsewhere'));
    answers = [307];
    hook.send(message('a'));
    await hasFailed(hook, 1);
    expect(failures).toEqual(['unexpected redirect']);
    expect(posts).toHaveLength(1);
    await hook.close();
  });

  it('that is away for an hour misses an alert of which nothing was heard since', async () => {
    answers = [503, 503, 503, 503];
    const hook = webhook();
    hook.send(message('a'));
    hook.send(message('b'));
    await hasFailed(hook, 2, 2);
    clock.onlyPass(3_599_999);
    hook.send(message('b'));
    clock.onlyPass(1);
    clock.advance(0);
    await reached(() => hook.counts.lost === 1 && clock.timerCount === 1);
    clock.advance(2000);
    await reached(() => hook.counts.sent === 1);
    expect(keys().at(-1)).toBe('b');
    await hook.close();
    expect(hook.counts).toEqual({ sent: 1, lost: 1, failed: 4 });
  });

  it('is remembered no more subjects for than a bound, and those that were heard of last are kept', async () => {
    hanging = new Map([['held', undefined]]);
    const hook = webhook('', 10);
    for (const key of ['held 1', 'held 2', 'held 3', 'held 4']) hook.send(message(key));
    await reached(() => posts.length === 4);
    for (let each = 0; each < 6; each++) hook.send(message(`${each}`));
    hook.send(message('0'));
    for (let each = 6; each < 10; each++) hook.send(message(`${each}`));
    expect(hook.counts.lost).toBe(4);
    hanging = new Map();
    clock.advance(10_000);
    await reached(() => hook.counts.sent === 6);
    expect(keys().slice(4).sort()).toEqual(['0', '5', '6', '7', '8', '9']);
    await hook.close();
  });

  it('is sent what waits when the engine ends, once', async () => {
    answers = [503, 503];
    const hook = webhook();
    hook.send(message('a'));
    hook.send(message('b'));
    await hasFailed(hook, 2, 2);
    answers = [200, 503];
    await hook.close();
    expect(keys().slice(2).sort()).toEqual(['a', 'b']);
    expect(hook.counts).toEqual({ sent: 1, lost: 1, failed: 3 });
    expect(clock.timerCount).toBe(0);
    hook.send(message('late'));
    expect(posts).toHaveLength(4);
  });

  it('that says nothing holds up an engine that ends for three seconds and no longer', async () => {
    server.removeAllListeners('request');
    server.on('request', () => void posts.push({ headers: {}, body: '{}' }));
    const hook = webhook();
    for (const key of ['a', 'b', 'c', 'd', 'e']) hook.send(message(key));
    await reached(() => posts.length === 4);
    const closed = hook.close();
    clock.advance(2999);
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    clock.advance(1);
    await closed;
    expect(hook.counts).toMatchObject({ sent: 0, lost: 5 });
    expect(posts).toHaveLength(4);
  });
});

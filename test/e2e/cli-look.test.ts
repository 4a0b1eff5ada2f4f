// SPDX-License-Identifier: Apache-2.0
/** `panorama list`, `get`, `dump`, `report` and `check` against an engine to which things are reported by hand. */
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, panorama } from '../support/command.js';
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';

let engine: EngineProcess;
/** What is said of everybody: `shop/s1` fails, `mail` is in doubt, `stock` is well, `db` is known in two environments. */
const REPORTS: readonly (readonly string[])[] = [
  ['shop/s1', 'POST /orders:unhealthy:5', 'GET /items:healthy', '--observer', 'web/w1', '--message', 'E\u001b[31mred'],
  ['shop/s1', 'POST /orders:unhealthy:5', '--observer', 'web/w2'],
  ['mail', 'send:maybe_unhealthy'],
  ['stock', 'GET:healthy:3'],
  ['db', 'SELECT:healthy', '--environment', 'prod'],
  ['db', 'SELECT:healthy', '--environment', 'test'],
];

const run = (...args: readonly string[]): Promise<CommandResult> =>
  panorama(args, { PANORAMA_API: engine.addresses.api, PANORAMA_OTLP: engine.addresses.otlpHttp });
const json = async (...args: readonly string[]) => JSON.parse((await run(...args, '--json')).stdout);

beforeAll(async () => {
  engine = await startEngineProcess();
  for (const command of [
    ['list', 'subjects'],
    ['dump', 'verdicts'],
    ['dump', 'panorama'],
  ]) {
    const { code, stdout } = await run(...command);
    expect([code, stdout]).toEqual([0, expect.stringContaining('panorama doctor')]);
  }
  for (const report of REPORTS) expect((await run('report', ...report)).code).toBe(0);
  await until('the verdicts', async () => {
    const { stdout } = await run('dump', 'verdicts');
    return /^shop\/s1 +unhealthy/m.test(stdout) && stdout.includes('stock') ? true : undefined;
  });
}, 60_000);
afterAll(() => engine.process.kill('SIGKILL'));

describe('panorama list', () => {
  it('tells every subject, the worst first, or those that are chosen', async () => {
    const { stdout } = await run('list', 'subjects');
    expect(stdout).toMatch(/^SUBJECT +KNOWN AS +STATUS .*\nshop\/s1 +instance +unhealthy +gray +\d+ s +2 +2\nmail /);
    const { subjects } = (await json('list', 'subjects', '--environment', 'prod')) as { subjects: object[] };
    expect(subjects).toMatchObject([{ subject: 'db', environment: 'prod' }]);
    expect((await run('list', 'subjects', '--failure', 'crash')).stdout).toContain(
      'No subject is as the options have it',
    );
  });

  it('tells who speaks, and how far he is believed', async () => {
    const { stdout } = await run('list', 'observers');
    expect(stdout).toMatch(/^web\/w1 +report +no +1 +\d +1\.00$/m);
    expect(stdout).toMatch(new RegExp(`^cli/${hostname()} `, 'm'));
  });

  it('says what is no status and no failure', async () => {
    const status = await run('list', 'subjects', '--status', 'ill');
    expect([status.code, status.stderr]).toEqual([
      64,
      expect.stringContaining('maybe_unhealthy, unhealthy, dying, dead'),
    ]);
    const failure = await run('list', 'subjects', '--failure', 'grey');
    expect([failure.code, failure.stderr]).toEqual([64, expect.stringContaining('masked, gray, crash')]);
  });
});

describe('panorama get', () => {
  it('verdict: what is found, and who is for and against', async () => {
    const { stdout } = await run('get', 'verdict', 'shop/s1');
    expect(stdout).toMatch(/^shop\/s1 {2}unhealthy, gray \(seen by operation\) for \d+ s\n/);
    expect(stdout).toContain('  unhealthy  POST /orders  0 for, 2 against: web/w1, web/w2');
    expect(stdout).not.toContain('OBSERVER');
    expect(await json('get', 'verdict', 'shop/s1')).toMatchObject({ subject: 'shop/s1', status: 'unhealthy' });
  });

  it('view: what one observer sees', async () => {
    const { stdout } = await run('get', 'view', 'web/w1', 'shop/s1');
    const [, ...views] = stdout.trimEnd().split('\n');
    expect(views.map((line) => line.split(/ {2,}/).slice(0, 4)).sort()).toEqual([
      ['web/w1', 'GET /items', 'report', 'healthy'],
      ['web/w1', 'POST /orders', 'report', 'unhealthy'],
    ]);
    const { code, stderr } = await run('get', 'view', 'wbe/w1', 'shop/s1');
    expect([code, stderr]).toEqual([1, expect.stringContaining('did you mean web/w1')]);
  });

  it('report: what did not go well, of everybody or of one, and prints nothing that a terminal would obey', async () => {
    const { evidence } = (await json('get', 'report', 'shop/s1')) as { evidence: object[] };
    expect(evidence).toHaveLength(2);
    const { stdout } = await run('get', 'report', 'web/w1', 'shop/s1', '--since', '1h');
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stdout).toMatch(/ web\/w1 +POST \/orders +unhealthy +reported +5 +[\da-f]{32} +E\ufffd\[31mred$/m);
    expect((await json('get', 'report', 'shop/s1', '--limit', '1')).evidence).toHaveLength(1);
    expect((await run('get', 'report', 'stock')).stdout).toContain('Nothing that did not go well is known of stock');
    expect((await run('get', 'report', 'cli/x', 'shop/s1')).stdout).toMatch(/has not complained .* web\/w1/);
    const late = await run('get', 'report', 'shop/s1', '--since', 'soon');
    expect([late.code, late.stderr]).toEqual([64, expect.stringContaining('30s, 15m, 1h or 2d')]);
  });

  it('panorama: all of it', async () => {
    const { stdout } = await run('get', 'panorama', 'shop/s1');
    expect(stdout).toMatch(/^shop\/s1 {2}unhealthy/);
    expect(stdout).toMatch(/^web\/w2 +POST \/orders +report +unhealthy +reported +0 +5/m);
    expect(stdout).toMatch(/^Evidence\n {2}trace [\da-f]{32}/m);
    expect(stdout).not.toContain('\u001b');
    expect(await json('get', 'panorama', 'shop/s1')).toHaveProperty('views');
  });

  it('does not know everybody, and says whom one may have meant', async () => {
    for (const command of [
      ['get', 'verdict'],
      ['get', 'panorama'],
      ['get', 'report'],
      ['get', 'view', 'web/w1'],
    ]) {
      const { code, stderr } = await run(...command, 'shpo/s1');
      expect([code, stderr]).toEqual([1, expect.stringContaining('did you mean shop/s1?')]);
    }
    const { stderr } = await run('get', 'verdict', 'somebody-else');
    expect(stderr).toContain('panorama list subjects');
  });

  it('wants to know the environment where there are several', async () => {
    const { code, stderr } = await run('get', 'verdict', 'db');
    expect([code, stderr]).toEqual([64, expect.stringContaining('choose one with --environment NAME')]);
    expect((await run('get', 'verdict', 'db', '--environment', 'prod')).stdout).toContain('environment prod');
  });
});

describe('panorama dump', () => {
  it('tells all verdicts, and all panoramas', async () => {
    const { stdout } = await run('dump', 'verdicts', '--status', 'unhealthy');
    expect(stdout).toMatch(/^shop\/s1 +unhealthy +gray: operation +\d+ s +POST \/orders +reported +web\/w1, web\/w2$/m);
    const { panoramas } = (await json('dump', 'panorama')) as { panoramas: { verdict: { subject: string } }[] };
    expect(panoramas.map(({ verdict }) => verdict.subject).sort()).toEqual(['db', 'db', 'mail', 'shop/s1', 'stock']);
    expect((await run('dump', 'panorama', '--status', 'unhealthy')).stdout).toMatch(/^shop\/s1 /);
    expect((await json('dump', 'panorama', '--status', 'dead')).panoramas).toEqual([]);
  });
});

describe('panorama check', () => {
  it.each([
    [['stock'], 0, /^OK: stock {2}healthy/],
    [['mail'], 1, /^WARNING: mail {2}maybe_unhealthy/],
    [['mail', '--fail-on', 'unhealthy'], 0, /^OK: mail/],
    [['shop/s1'], 2, /^CRITICAL: shop\/s1 {2}unhealthy gray for .* in POST \/orders {2}because reported/],
    [['nobody'], 3, /^UNKNOWN: nobody has reported on nobody/],
    [['stock', 'nobody', 'mail'], 3, /^OK.*\nUNKNOWN.*\nWARNING/],
    [['nobody', 'shop/s1'], 2, /^UNKNOWN.*\nCRITICAL/],
    [['stock', '--wait', '20s'], 0, /^OK/],
    [['shop/s1', '--wait', '1s'], 2, /^CRITICAL/],
  ])('%j ends with %i', async (args, exit, says) => {
    const { code, stdout } = await run('check', ...args);
    expect([code, stdout]).toEqual([exit, expect.stringMatching(says)]);
  });

  it('waits until somebody is known and well', async () => {
    const waiting = run('check', 'newcomer', '--wait', '20s', '--json');
    await run('report', 'newcomer', 'GET:healthy');
    const { code, stdout } = await waiting;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'ok', findings: [{ subject: 'newcomer', outcome: 'ok' }] });
  });
});

describe('panorama report', () => {
  it('reads an operation with a colon in it, and says what it told', async () => {
    const told = (await json('report', 'cache', 'get user:1:healthy:2', '--observer', 'me')) as object;
    expect(told).toEqual({
      observer: 'me',
      subject: 'cache',
      environment: '',
      observations: [{ operation: 'get user:1', status: 'healthy', score: 2 }],
    });
    await until('it to be known', async () => {
      const { stdout } = await run('get', 'view', 'me', 'cache');
      return /^me +get user:1 +report +healthy +ok +2 /m.test(stdout) ? true : undefined;
    });
  });

  it.each([
    [['shop', 'GET'], 'maybe_unhealthy, unhealthy, dying, dead'],
    [['shop', 'GET:ill'], 'maybe_unhealthy, unhealthy, dying, dead'],
    [['shop', ':healthy'], 'must be OPERATION:STATUS'],
    [['shop', 'GET:unhealthy:0.8'], 'a whole number from 1 to 1000'],
    [['a shop', 'GET:healthy'], 'is no name'],
    [['shop', 'GET:healthy', '--observer', ''], 'is no name'],
    [['shop'], "missing required argument 'observation'"],
  ])('refuses %j', async (args, why) => {
    const { code, stderr } = await run('report', ...args);
    expect([code, stderr]).toEqual([64, expect.stringContaining(why)]);
  });

  it('is told only where an engine has taken it', async () => {
    const none = await run('report', 'shop', 'GET:healthy', '--otlp', '127.0.0.1:1');
    expect([none.code, none.stderr]).toEqual([69, expect.stringContaining('--otlp')]);
    const other = await run('report', 'shop', 'GET:healthy', '--otlp', engine.addresses.api);
    expect([other.code, other.stderr]).toEqual([69, expect.stringContaining('takes no OTLP over HTTP')]);
  });
});

// SPDX-License-Identifier: Apache-2.0
/**
 * No name and no message of a span is obeyed anywhere: everything is called what a script, a terminal, a log, a metrics
 * page or an object would trip over, and goes through a running engine to the API, the command line and the log.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paintFor } from '../../src/cli/text.js';
import { eventLine, panoramaText, verdictTable } from '../../src/cli/verdict-text.js';
import type { ReportJson, VerdictJson } from '../../src/engine/api/shapes.js';
import { BIN, FREE_PORTS } from '../support/engine-process.js';
import { until } from '../support/until.js';
import { failuresNamed, HOSTILE, OBEYED } from './hostile-names.js';

let engine: ChildProcess;
let addresses: { otlpHttp: string; api: string };
let verdicts: readonly VerdictJson[];
const log: string[] = [];

beforeAll(async () => {
  engine = spawn(process.execPath, [BIN, 'engine', ...FREE_PORTS], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface(engine.stdout as NodeJS.ReadableStream).on('line', (line) => log.push(line));
  const line = await until('the engine to listen', () => log.find((each) => each.includes('engine listening')));
  addresses = JSON.parse(line) as typeof addresses;
  const answers: string[] = [];
  for (const [index, name] of Object.values(HOSTILE).entries()) {
    const response = await fetch(`http://${addresses.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: failuresNamed(name, Date.now() + index),
    });
    answers.push(`${response.status} ${await response.text()}`);
  }
  expect(answers).toEqual(answers.map(() => '200 {}'));
  verdicts = await until('a verdict on everybody', async () => {
    const known = ((await (await get('/api/v1/verdicts')).json()) as { verdicts: VerdictJson[] }).verdicts;
    const ill = known.filter(({ status }) => status === 'unhealthy');
    return ill.length >= Object.keys(HOSTILE).length ? ill : undefined;
  });
});
afterAll(() => engine.kill('SIGKILL'));

const get = (route: string) => fetch(`http://${addresses.api}${route}`);

function panorama(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const all = [BIN, ...args, '--api', addresses.api];
    execFile(process.execPath, all, { env: { ...process.env, PANORAMA_API: '' } }, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
}

describe('the API', () => {
  it('answers with data that no browser takes for a page', async () => {
    const routes = [
      'verdicts',
      'subjects',
      'events',
      'counts',
      `subjects/${encodeURIComponent(HOSTILE['html'] ?? '')}`,
    ];
    for (const route of routes) {
      const { headers } = await get(`/api/v1/${route}`);
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
      expect(headers.get('set-cookie')).toBeNull();
    }
  });

  it('tells each subject by its own name, and no name is long', async () => {
    const names = verdicts.map(({ subject }) => subject);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.length > 256)).toEqual([]);
    for (const name of names) {
      const report = (await (await get(`/api/v1/subjects/${encodeURIComponent(name)}`)).json()) as ReportJson;
      expect(report.verdict?.subject).toBe(name);
    }
  });

  it('knows nobody whom only JavaScript’s objects know', async () => {
    for (const name of ['toString', 'valueOf', '__defineGetter__', 'prototype']) {
      expect((await get(`/api/v1/subjects/${name}`)).status).toBe(404);
    }
    expect((await get('/api/v1/verdicts?__proto__=1&constructor=2')).status).toBe(400);
    const { verdicts: all } = (await (await get('/api/v1/verdicts?environment=__proto__')).json()) as {
      verdicts: VerdictJson[];
    };
    expect(all.map(({ environment }) => environment)).toEqual(['__proto__']);
  });

  it('quotes a name in an error as data', async () => {
    const response = await get(`/api/v1/subjects/${encodeURIComponent('<b>\u001b[2J"')}`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.parse(await response.text())).toMatchObject({ error: { code: 'PANO_SUBJECT_UNKNOWN' } });
  });
});

describe('the metrics', () => {
  /** A line of Prometheus' text format: a comment, or a name, labels with nothing unescaped in them, and a number. */
  const LINE =
    /^(# (HELP|TYPE|UNIT) \w+ .+|[a-z_:][\w:]*(\{([a-z_]\w*="([^"\\\n]|\\[\\"n])*",?)*\})? [-+\d.eE]+(Inf|NaN)?( \d+)?)$/;

  it('have no line but the engine’s own, and hold no name of a span', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
    const names = [...Object.values(HOSTILE), ...verdicts.map(({ subject }) => subject)];
    expect(lines.filter((line) => names.some((name) => line.includes(`"${name}`)))).toEqual([]);
    expect(lines.filter((line) => /forged|alert|\$\{|DROP/.test(line))).toEqual([]);
  });
});

describe('the command line', () => {
  it('prints nothing that a terminal obeys, as a table, as text, as JSON or as an error', async () => {
    const outputs = [await panorama('dump', 'verdicts'), await panorama('dump', 'verdicts', '--json')];
    for (const { subject, environment } of verdicts) {
      const named = [subject.replaceAll('\u0000', ''), '--environment', environment.replaceAll('\u0000', '')];
      outputs.push(await panorama('get', 'panorama', ...named), await panorama('get', 'report', ...named));
    }
    const obeyed = '\u009b2J\u001b[2J\u202e';
    outputs.push(await panorama('get', 'panorama', obeyed), await panorama('check', obeyed));
    for (const what of ['subjects', 'observers']) outputs.push(await panorama('list', what));
    for (const flags of [[], ['--json']]) outputs.push(await panorama('dump', 'panorama', ...flags));
    outputs.push(await panorama('doctor'), await panorama('doctor', '--json'));
    for (const { stdout, stderr } of outputs) expect(OBEYED.exec(stdout + stderr)).toBeNull();
    expect(outputs[0]?.stdout.trimEnd().split('\n')).toHaveLength(1 + verdicts.length);
    const told = JSON.parse(outputs[1]?.stdout ?? '') as { verdicts: VerdictJson[] };
    expect(told.verdicts.map(({ subject }) => subject).sort()).toEqual(verdicts.map(({ subject }) => subject).sort());
  });

  it('prints no colour but its own in a terminal', async () => {
    const paint = paintFor({ isTTY: true });
    const { events } = (await (await get('/api/v1/events')).json()) as { events: Parameters<typeof eventLine>[0][] };
    const texts = [verdictTable(verdicts, 0, paint), ...events.map((event) => eventLine(event, paint))];
    for (const { subject, environment } of verdicts) {
      const query = `?environment=${encodeURIComponent(environment)}`;
      const report = await (await get(`/api/v1/subjects/${encodeURIComponent(subject)}${query}`)).json();
      texts.push(panoramaText(report as ReportJson, 0, paint));
    }
    expect(texts.length).toBeGreaterThan(2 * verdicts.length);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
    for (const text of texts) expect(OBEYED.exec(text.replace(/\u001b\[\d{1,2}m/g, ''))).toBeNull();
  });
});

describe('the log', () => {
  it('has one object a line, each the engine’s own, and nothing that a terminal obeys', () => {
    const entries = log.map((line) => JSON.parse(line) as { level: number; msg: string; subject?: string });
    expect([...new Set(entries.map(({ msg }) => msg))].sort()).toEqual(['engine listening', 'verdict changed']);
    const told = new Set(entries.map(({ subject }) => subject));
    expect(verdicts.filter(({ subject }) => !told.has(subject))).toEqual([]);
    for (const line of log) expect(OBEYED.exec(line)).toBeNull();
  });
});

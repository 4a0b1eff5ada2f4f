// SPDX-License-Identifier: Apache-2.0
/** `panorama replay` as a user has it: what it prints, what it writes, and what it says of files that are no recordings. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN } from '../support/engine-process.js';

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'panorama-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function replay(...args: readonly string[]): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1' };
    const child = execFile(process.execPath, [BIN, 'replay', ...args], { env, cwd: folder }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** One export request of a caller, in OTLP/JSON: one call to a database that ended in that second. */
function exportOf(second: number, failing: boolean): object {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const endTimeUnixNano = `${1_700_000_000 + second}000000000`;
  const span = {
    traceId: second.toString(16).padStart(32, '1'),
    spanId: second.toString(16).padStart(16, '1'),
    name: 'SELECT',
    kind: 3,
    startTimeUnixNano: endTimeUnixNano,
    endTimeUnixNano,
    attributes: [text('peer.service', 'db'), ...(failing ? [text('error.type', 'ETIMEDOUT')] : [])],
    status: failing ? { code: 2 } : {},
  };
  const resource = { attributes: [text('service.name', 'shop'), text('service.instance.id', 's1')] };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] };
}

/** A call a second for twenty seconds; from the eleventh on they fail. */
const LINES = Array.from({ length: 20 }, (_, second) => JSON.stringify(exportOf(second, second >= 10)));

function recorded(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('panorama replay', () => {
  it('tells when something was wrong, with whom and why, and what it comes to', async () => {
    const { code, stdout, stderr } = await replay(recorded('calls.jsonl', LINES.join('\n')));
    expect([code, stderr]).toEqual([0, '']);
    const [day, change, , head, spell, totals] = stdout.split('\n');
    expect(day).toBe('2023-11-14, UTC');
    expect(change).toBe('22:13:32.000  db  healthy → unhealthy crash  in SELECT  because timeout');
    expect(head).toMatch(/^FROM \(UTC\) +FOR +SUBJECT +AT WORST +FAILURE +REASON +CULPRIT +OPERATIONS$/);
    expect(spell).toMatch(/^2023-11-14 22:13:32 +7 s, to the end +db +unhealthy +crash +timeout +SELECT$/);
    expect(totals).toMatch(/^20 spans in 20 requests, 19 s of data, in \d+\.\d s \([\d,]+ spans a second\)$/);
  });

  it('tells programs one change a line, of packed recordings as well', async () => {
    const { code, stdout, stderr } = await replay('--json', recorded('calls.gz', gzipSync(LINES.join('\n'))));
    const told = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told).toEqual([
      { t_ms: 1_700_000_000_000, subject: 'db', service: 'db', status: 'healthy', failure: 'none' },
      { t_ms: 1_700_000_012_000, subject: 'db', service: 'db', status: 'unhealthy', failure: 'crash', blame: 'db' },
    ]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^20 spans in 20 requests/)]);
  });

  it('writes a page that needs nothing beside it', async () => {
    const { code } = await replay(
      recorded('calls.jsonl', LINES.join('\n')),
      '--html',
      path.join(folder, 'report.html'),
    );
    const page = readFileSync(path.join(folder, 'report.html'), 'utf8');
    expect(code).toBe(0);
    expect(page).toContain('<td>2023-11-14 22:13:32</td><td>7 s, to the end</td><td>db</td>');
    expect(page).not.toMatch(/<script|https?:|src=|@import|url\(/);
  });

  it('leaves out what is no request and what is cut off, and says so', async () => {
    const lines = [...LINES.slice(0, 3), '{"resourceSpans":7}', LINES[3], LINES[4]?.slice(0, 40)];
    const { code, stdout, stderr } = await replay(recorded('bad.jsonl', lines.join('\n')));
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\n4 spans in 4 requests, 1 left out, /)]);
    expect(stderr).toMatch(
      /^panorama: left out line 4: .+\npanorama: .+bad\.jsonl ends in the middle of line 6, which is left out\n$/,
    );
  });

  it.each([
    ['there is no such file', ['nowhere.jsonl'], 64],
    ['it is a directory', ['.'], 64],
    ['this is no recording', [], 65],
    ['no whole number of milliseconds', ['--pending-ms', 'soon', 'calls.jsonl'], 64],
    ['no judge nobody; one of sequential,', ['--judge', 'nobody', 'calls.jsonl'], 64],
    ["missing required argument 'file'", [], 64],
  ])('says what is wrong: %s', async (why, args, exit) => {
    const given = why === 'this is no recording' ? [recorded('picture.png', '\u0089PNG and so on')] : args;
    const { code, stderr } = await replay(...given);
    expect(stderr).toContain(why);
    expect(stderr).not.toContain('    at ');
    expect([why, code]).toEqual([why, exit]);
  });
});

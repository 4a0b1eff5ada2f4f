// SPDX-License-Identifier: Apache-2.0
/** The benchmarks run, and end with the line that other programs read. What they measure is not looked at here. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { HAS_SQLITE } from '../engine/journal/records.js';

const RUN = path.join(import.meta.dirname, '../../bench/dist/run.js');

/** The last line of a benchmark in one round. */
async function lastLineOf(name: string, ...flags: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', RUN, name, '--rounds', '1', ...flags]);
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  expect(last.slice(0, 6)).toBe('BENCH ');
  return JSON.parse(last.slice(6));
}

describe('npm run bench', () => {
  it('-- baggage ends with the costs of bags of 0, 1, 10 and 60 tuples, and an empty bag adds no header', async () => {
    const number: unknown = expect.any(Number);
    const figures = { serialize_ns: number, deserialize_ns: number, split_ns: number, join_ns: number };
    expect(await lastLineOf('baggage')).toEqual({
      bench: 'baggage',
      empty_call_ns: number,
      tuples: {
        0: { ...figures, header_bytes: 0 },
        1: { ...figures, header_bytes: number },
        10: { ...figures, header_bytes: number },
        60: { ...figures, header_bytes: number },
      },
    });
  });

  it('-- processor ends with what the guest adds to a span, and to an HTTP service under load', {
    timeout: 90_000,
  }, async () => {
    const number: unknown = expect.any(Number);
    expect(await lastLineOf('processor')).toEqual({
      bench: 'processor',
      ns_per_span: number,
      heap_growth_mb: number,
      heap_mb: number,
      throughput_change_pct: number,
      p50_change_pct: number,
      p99_change_pct: number,
      cpu_pct: number,
    });
  });

  it('-- ingest ends with what the engine takes in over gRPC and over HTTP, all the way to verdicts', {
    timeout: 90_000,
  }, async () => {
    const number: unknown = expect.any(Number);
    const figures = {
      spans_per_s: number,
      spans_per_cpu_s: number,
      verdict_p50_ms: number,
      verdict_p99_ms: number,
      rss_mb: number,
      loop_p99_ms: number,
    };
    const flags = ['--seconds', '0.2', '--views', '160', '--spans-per-request', '64'];
    expect(await lastLineOf('ingest', ...flags)).toEqual({ bench: 'ingest', grpc: figures, http: figures });
  });

  it.skipIf(!HAS_SQLITE)('-- recovery ends with how long it takes to open a history of some size', async () => {
    const number: unknown = expect.any(Number);
    expect(await lastLineOf('recovery', '--gb', '0.01')).toEqual({
      bench: 'recovery',
      history_gb: number,
      recovery_s: number,
      reopening_s: number,
      transitions: 2000,
      verdicts: 200,
      views: 20_000,
    });
  });

  it.skipIf(!HAS_SQLITE)(
    '-- judge ends with what judging costs by the number of views, and how long a history takes',
    async () => {
      const number: unknown = expect.any(Number);
      expect(await lastLineOf('judge', '--views', '1000', '--gb', '0.01')).toEqual({
        bench: 'judge',
        views: { 1000: { ns_per_observation: number, bytes_per_view: number } },
        recovery_s: number,
      });
    },
  );

  it('says how it is used where there is no such benchmark, or no such option', async () => {
    await expect(promisify(execFile)(process.execPath, [RUN, 'nothing'])).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/unknown command 'nothing'.*detection.*baggage/s),
    });
    await expect(promisify(execFile)(process.execPath, [RUN, 'baggage', '--round', '1'])).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining('Did you mean --rounds?'),
    });
  });

  it('-- NAME --help tells the options, and measures nothing', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [RUN, 'detection', '--help']);
    expect(stdout).toContain('--record <dir>');
    expect(stdout).not.toContain('BENCH');
  });
});

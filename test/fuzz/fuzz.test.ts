// SPDX-License-Identifier: Apache-2.0
/** A short run of `npm run test:fuzz`, and that it finds what it is for. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const RUN = path.join(import.meta.dirname, 'dist/fuzz/run.js');
const SICK = pathToFileURL(path.join(import.meta.dirname, 'fixtures/sick-decoders.mjs')).href;
const SEED = String((fc.readConfigureGlobal().seed ?? Date.now()) >>> 0);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** The last line. */
  readonly last: { readonly seed: number; readonly mutations: number; readonly findings: number };
}

function fuzz(...flags: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [RUN, '--seed', SEED, ...flags], (_error, stdout) => {
      const last = stdout.trimEnd().split('\n').at(-1) ?? '';
      resolve({ code: child.exitCode, stdout, last: JSON.parse(last.replace(/^FUZZ /, '')) });
    });
  });
}

describe('random mutations of valid requests', () => {
  it('end in a batch or in a refusal, the same wherever they stand, and leave nothing behind', async () => {
    const count = 10_000;
    const { code, stdout, last } = await fuzz('--count', String(count));
    expect(last, stdout).toEqual({ seed: Number(SEED), mutations: expect.any(Number), findings: 0 });
    expect(last.mutations, stdout).toBeGreaterThanOrEqual(8 * count);
    expect(code).toBe(0);
    // Mutations that are all refused at the first byte would try nothing.
    const tallies = [...stdout.matchAll(/(\d+) taken, (\d+) refused/g)];
    expect(tallies.length).toBeGreaterThanOrEqual(8);
    for (const [, taken, refused] of tallies) {
      expect(Number(taken), stdout).toBeGreaterThan(count / 10);
      expect(Number(refused), stdout).toBeGreaterThan(count / 10);
    }
  }, 120_000);

  it('can be repeated from the seed and the number of one', async () => {
    const flags = ['--targets', SICK, '--only', 'sick and throws'];
    const { code, stdout } = await fuzz(...flags, '--count', '2000');
    expect(code).toBe(1);
    const [, from] = /--from (\d+) --count 1\n {2}(\S+)/.exec(stdout) ?? [];
    const again = await fuzz(...flags, '--from', String(from), '--count', '1');
    expect(again.last).toMatchObject({ mutations: 1, findings: 1 });
    const body = (text: string) => /--count 1\n {2}(\S+)/.exec(text)?.[1];
    expect(body(again.stdout)).toBe(body(stdout));
    expect(Buffer.from(body(stdout) ?? '', 'base64').toString()).toContain('k');
  });

  it('end early where time is up, with every decoder in its turn', async () => {
    const { code, stdout, last } = await fuzz('--count', '1000000000', '--seconds', '2');
    expect(code).toBe(0);
    expect(last.mutations).toBeLessThan(1_000_000_000);
    expect(stdout).toMatch(/^traces protobuf: \d+ mutations[\s\S]*^metrics json: \d+ mutations/m);
  });
});

describe('a decoder', () => {
  it.each([
    ['throws', 'TypeError: undefined is not a function', '2000'],
    ['hangs', 'it hangs: nothing for 1000 ms', '2000'],
    ['forgets nothing', 'the heap has grown by', '200000'],
    ['reads beside its body', 'Error: it is decoded as something else elsewhere', '2000'],
    ['writes', 'Error: the decoder changed its body', '2000'],
  ])('that %s is found', async (fault, said, count) => {
    const flags = ['--targets', SICK, '--only', `sick and ${fault}`, '--count', count, '--hang-ms', '1000'];
    const { code, stdout } = await fuzz(...flags);
    expect(stdout).toContain(`FOUND in sick and ${fault}: ${said}`);
    expect(code).toBe(1);
  });

  it('that is well is not', async () => {
    const { code, last } = await fuzz('--targets', SICK, '--only', 'sick and is well', '--count', '2000');
    expect(last).toMatchObject({ mutations: 2000, findings: 0 });
    expect(code).toBe(0);
  });
});

// SPDX-License-Identifier: Apache-2.0
/** docs/benchmarks.md against the benchmark: its options, and what it says of the load. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PREFIX_BYTES, RequestTemplate } from '../../bench/ingest/request-template.js';
import { nodeCountFor, SERVICES, viewCountOf } from '../../bench/ingest/world.js';
import { ROOT } from '../support/imports.js';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const page = read('docs/benchmarks.md');
const said = (pattern: RegExp) => Number(pattern.exec(page)?.[1]?.replaceAll(',', ''));

describe('docs/benchmarks.md', () => {
  it('has a row for each option of the ingest benchmark, and no other', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `--'));
    const documented = rows.flatMap((row) => row.split('|')[1]?.match(/--[\w-]+/g) ?? []);
    const code = read('bench/run.ts');
    const options = code.slice(code.indexOf('function ingestOptions'), code.indexOf('function roundsWanted'));
    const known = [...options.matchAll(/'(--[\w-]+)'/g)].map(([, flag]) => flag as string);
    expect(documented.sort()).toEqual([...known, '--rounds'].sort());
  });

  it('says how large the world is that is made without options', () => {
    const nodes = nodeCountFor(said(/`--views` \| (\d+) /));
    expect(nodes).toBe(said(/services on (\d+) nodes/));
    expect(SERVICES.length).toBe(said(/(\d+) services on/));
    expect(viewCountOf(nodes)).toBe(said(/in turn: ([\d,]+) views/));
  });

  it('says how large a span is', () => {
    const shape = {
      nodeCount: said(/services on (\d+) nodes/),
      spansPerRequest: said(/`--spans-per-request` \| (\d+) /),
    };
    const { frame, spanCount } = new RequestTemplate(0, shape, 1);
    expect(Math.round((frame.length - PREFIX_BYTES) / spanCount)).toBe(said(/conventions, (\d+) bytes/));
  });
});

// SPDX-License-Identifier: Apache-2.0
/** The pages of the benchmarks against the benchmarks: their options, and what docs/benchmarks.md says of the load. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PREFIX_BYTES, RequestTemplate } from '../../bench/ingest/request-template.js';
import { nodeCountFor, SERVICES, viewCountOf } from '../../bench/ingest/world.js';
import { benchProgram } from '../../bench/program.js';
import { ROOT } from '../support/imports.js';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const page = read('docs/benchmarks.md');
const said = (pattern: RegExp) => Number(pattern.exec(page)?.[1]?.replaceAll(',', ''));

/** The options in the rows of a page's tables. */
function optionsIn(text: string): readonly string[] {
  const rows = text.split('\n').filter((line) => line.startsWith('| `--'));
  return rows.flatMap((row) => row.split('|')[1]?.match(/--[\w-]+/g) ?? []).sort();
}

function optionsOf(...names: readonly string[]): readonly string[] {
  const commands = benchProgram().commands.filter((each) => names.includes(each.name()));
  return commands.flatMap(({ options }) => options.map(({ long }) => long ?? '')).sort();
}

describe('npm run bench -- NAME', () => {
  it('has a row in its page for each option of ingest, and no other', () => {
    expect(optionsIn(page)).toEqual(optionsOf('ingest'));
  });

  it('has a row in its page for each option of detection and soak, and no other', () => {
    expect(optionsIn(read('docs/benchmarks/detection.md'))).toEqual(optionsOf('detection', 'soak'));
  });

  it.each(benchProgram().commands.map((each) => each.name()))('is spoken of in the docs: %s', (name) => {
    const pages = [
      'README.md',
      ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) => `docs/${file}`),
    ];
    const texts = pages.filter((file) => file.endsWith('.md')).map(read);
    expect(texts.join('\n')).toMatch(new RegExp(`npm run bench -- ${name}\\b`));
  });
});

describe('docs/benchmarks.md', () => {
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

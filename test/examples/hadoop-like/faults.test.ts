// SPDX-License-Identifier: Apache-2.0
/** What every fault must be: the paper's, told in three lines, of nodes that there are, and of nothing but a mechanism. */
import { describe, expect, it } from 'vitest';
import { FAULTS, faultOf } from '../../../examples/hadoop-like/faults/index.js';
import { subjectOf } from '../../../examples/hadoop-like/harness/system.js';
import { packageOf, resolveImport, sourcesBelow } from '../../support/imports.js';
import { read, rowsOf } from '../../support/pages.js';

/** The paper's system and its time to the first failing observation in s: gray failures of table 4, as figure 6 shows them, crashes of table 3. */
const PAPER: Readonly<Record<string, readonly [string, number]>> = {
  f0: ['HDFS', Number.NaN],
  f1: ['ZooKeeper', 4.0],
  f2: ['ZooKeeper', 6.0],
  f3: ['ZooKeeper', 0.2],
  f4: ['ZooKeeper', 1.1],
  f5: ['ZooKeeper', 0.9],
  f6: ['Cassandra', 1.7],
  f7: ['Cassandra', 6.2],
  f8: ['Cassandra', 1.2],
  f9: ['Cassandra', 0.5],
  f10: ['HDFS', 1.8],
  f11: ['HDFS', 2.2],
  f12: ['HDFS', 0.8],
  f13: ['HDFS', 1.1],
  f14: ['HBase', 0.8],
  f15: ['HBase', 1.8],
  c1: ['ZooKeeper', 0.008],
  c2: ['ZooKeeper', 0.002],
  c3: ['Cassandra', 8],
  c4: ['Cassandra', 9],
  c5: ['HDFS', 0.723],
  c6: ['HDFS', 6],
  c7: ['HBase', 1.5],
  c8: ['HBase', 0.102],
};

const FOLDER = 'examples/hadoop-like/faults';
const files = sourcesBelow(FOLDER).filter(({ path }) => !/\/(fault|index)\.ts$/.test(path));
/** `f03-corrupted-packet.ts` → `f3`. */
const idOf = (file: string) => `${/\/([fc])0*(\d+)-/.exec(file)?.slice(1).join('')}`;

describe('the faults', () => {
  it('are the paper’s, once each, in its order, with its systems and its times', () => {
    expect(FAULTS.map(({ id }) => id)).toEqual(Object.keys(PAPER));
    expect(FAULTS.map(({ system, paperSeconds }) => [system.name, paperSeconds])).toEqual(
      Object.values(PAPER).map(([system, seconds]) => [`${system}-like`, seconds]),
    );
  });

  it('are crashes where the paper’s are, and gray where they are not', () => {
    expect(FAULTS.filter(({ failure }) => failure === 'crash').map(({ id }) => id)).toEqual(
      Object.keys(PAPER).filter((id) => id.startsWith('c')),
    );
  });

  it('are found by their ids, and who asks for another is told which there are', () => {
    for (const fault of FAULTS) expect(faultOf(fault.id)).toBe(fault);
    expect(() => faultOf('f16')).toThrow('there is no fault f16; there are f0, f1, f2');
  });
});

describe('the example’s page', () => {
  const rows = rowsOf(read('examples/hadoop-like/README.md'));

  it('has a row for each fault, in order, that says who is to be named', () => {
    const documented = rows.filter(([id]) => /^[fc]\d+$/.test(id ?? '')).map(([id, , , subject]) => [id, subject]);
    expect(documented).toEqual(FAULTS.map(({ id, subject }) => [id, subject]));
  });
});

describe('a fault’s file', () => {
  it('is named by its fault, and every fault has one', () => {
    expect(files.map(({ path }) => idOf(path)).sort()).toEqual(FAULTS.map(({ id }) => id).sort());
    for (const { path, text } of files) expect(text, path).toContain(`\n  id: '${idOf(path)}',\n`);
  });

  for (const { path, text } of files) {
    it(`${path.slice(FOLDER.length + 1)} says what broke, how it is made here and what is kept, a line each`, () => {
      const [, comment = ''] = /^\/\/ SPDX.*\n\/\*\*\n([\s\S]*?) \*\/\n/.exec(text) ?? [];
      const lines = comment.trimEnd().split('\n');
      expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([' * Broke:', ' * Here:', ' * Kept:']);
      for (const line of lines) expect(line).toMatch(/[.)]$/);
      expect(lines.filter((line) => line.length > 140)).toEqual([]);
    });
  }

  it('names no node but those of its system', () => {
    const strangers = files.flatMap(({ path, text }) => {
      const nodes = faultOf(idOf(path)).system.nodes.map(({ name }) => name);
      const named = [...text.matchAll(/'([a-z]{2,3}\d)'/g)].map(([, name]) => name as string);
      return named.filter((name) => !nodes.includes(name)).map((name) => `${path} names ${name}`);
    });
    expect(strangers).toEqual([]);
  });

  it('loads neither telemetry nor anything of the engine’s', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .map(({ specifier }) => (specifier.startsWith('.') ? resolveImport(path, specifier) : packageOf(specifier)))
        .filter(
          (target) =>
            !/^node:|\/faults\/|\/harness\/(cluster|waiting)\.ts$|\/(zookeeper|hdfs|hbase|cassandra)\//.test(target),
        )
        .map((target) => `${path} loads ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('whom a fault is about', () => {
  for (const { id, system, subject, nodes, operations, failure } of FAULTS) {
    it(`${id}: ${subject} is a server of its system or a part of one, and so is each node to be called dead`, () => {
      const servers = system.nodes.filter(({ isClient }) => !isClient);
      expect(servers.map(subjectOf)).toContain(subject.split('#')[0]);
      expect(nodes.length).toBeGreaterThan(0);
      for (const node of nodes) expect(servers.map(({ name }) => name)).toContain(node);
      expect(operations.length).toBeGreaterThan(0);
      if (operations !== 'all') expect(new Set(operations).size).toBe(operations.length);
    });

    it(`${id}: ${failure === 'crash' ? 'all' : 'some'} of what it serves is broken`, () => {
      expect(operations === 'all').toBe(failure === 'crash');
    });
  }
});

describe('a system', () => {
  const systems = [...new Set(FAULTS.map(({ system }) => system))];

  it('has nodes of different names, and detectors and links among its servers', () => {
    for (const { nodes, detectors, links = [] } of systems) {
      const names = nodes.map(({ name }) => name);
      const servers = nodes.filter(({ isClient }) => !isClient).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(detectors.length).toBeGreaterThan(0);
      const named = [...detectors, ...links.flatMap(({ from, to }) => [from, to])];
      expect(named.filter((name) => !servers.includes(name))).toEqual([]);
    }
  });
});

describe('the example’s folders', () => {
  const SYSTEMS = ['zookeeper', 'hdfs', 'hbase', 'cassandra'];
  /** `type:` where only types may be taken. */
  const ALLOWED: Readonly<Record<string, readonly string[]>> = {
    node: ['panorama-otel'],
    zookeeper: ['node', 'type:harness/system.ts', 'panorama-otel'],
    hdfs: ['node', 'type:harness/system.ts'],
    cassandra: ['node', 'type:harness/system.ts', 'panorama-otel'],
    hbase: ['node', 'zookeeper', 'hdfs', 'type:harness/system.ts', 'panorama-otel'],
    faults: [...SYSTEMS, 'harness'],
    // The last two are programs that it starts.
    harness: ['node', 'type:faults/fault.ts', 'instrument.ts', '../dist/cli/main.ts'],
  };
  const ROOT = 'examples/hadoop-like/';

  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    it(`${folder} imports of ours only ${allowed.join(', ') || 'itself'}`, () => {
      const strays = sourcesBelow(ROOT + folder).flatMap((file) =>
        file.imports
          .map(({ specifier, typeOnly }) => ({ typeOnly, target: ourTarget(file.path, specifier) }))
          .filter(({ target, typeOnly }) => {
            const mayBe = [folder, ...allowed.filter((each) => !each.startsWith('type:'))];
            const typesOf = typeOnly
              ? allowed.flatMap((each) => (each.startsWith('type:') ? [each.slice(5)] : []))
              : [];
            return (
              target !== undefined &&
              ![...mayBe, ...typesOf].some((each) => target === each || target.startsWith(`${each}/`))
            );
          })
          .map(({ target }) => `${file.path} imports ${target}`),
      );
      expect(strays).toEqual([]);
    });
  }

  /** What is ours: below the example's folder, or of the package. */
  function ourTarget(file: string, specifier: string): string | undefined {
    if (specifier.startsWith('.')) {
      const target = resolveImport(file, specifier);
      return target.startsWith(ROOT) ? target.slice(ROOT.length) : target;
    }
    const name = packageOf(specifier);
    return name.startsWith('panorama') || name.startsWith('@opentelemetry') ? name : undefined;
  }
});

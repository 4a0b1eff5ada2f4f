// SPDX-License-Identifier: Apache-2.0
/** The house rules that a machine can check: who may import whom, where time and chance are made, no dead files. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadedFrom, packageOf, ROOT, resolveImport, sourcesBelow } from './support/imports.js';
import { ROOMS } from './support/rooms.js';

const sources = sourcesBelow('src');
const page = sourcesBelow('web');
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  exports: Record<string, { default: string } | string>;
  bin: Record<string, string>;
};

const within = (file: string, place: string) => file === place || file.startsWith(`${place}/`);

describe('the rooms', () => {
  for (const { room, rooms, packages } of ROOMS) {
    it(`${room} imports only ${[...rooms, ...packages].join(', ') || 'nothing'}`, () => {
      const files = [...sources, ...page].filter((source) => within(source.path, room));
      expect(files.length).toBeGreaterThan(0);
      const strays = files.flatMap((file) =>
        file.imports
          .filter(({ specifier, typeOnly }) => {
            const target = specifier.startsWith('.') ? resolveImport(file.path, specifier) : packageOf(specifier);
            const allowed = specifier.startsWith('.') ? [room, ...rooms] : packages;
            return !allowed.some((each) =>
              each.startsWith('type:')
                ? typeOnly && within(target, each.slice(5))
                : within(target, each) || specifier === each,
            );
          })
          .map(({ specifier }) => `${file.path} imports ${specifier}`),
      );
      expect(strays).toEqual([]);
    });
  }

  it('nothing of baggage but its door knows how it travels', () => {
    const knowing = sources
      .filter(({ path: file }) => within(file, 'src/baggage') && !within(file, 'src/baggage/transport'))
      .filter(({ path: file, imports }) =>
        imports.some(({ specifier }) => resolveImport(file, specifier).startsWith('src/baggage/transport/')),
      )
      .map((source) => source.path);
    expect(knowing).toEqual(['src/baggage/index.ts']);
  });

  it('only the engine’s main file knows every room of it', () => {
    const roomOf = (file: string) => /^src\/engine\/(\w+)\//.exec(file)?.[1];
    const knowing = sources
      .filter((source) => /^src\/engine\/[^/]+\.ts$/.test(source.path))
      .filter(({ path: file, imports }) => {
        const rooms = imports
          .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
          .map(({ specifier }) => roomOf(resolveImport(file, specifier)));
        return rooms.includes('ingest') || rooms.includes('api');
      })
      .map((source) => source.path);
    expect(knowing).toEqual(['src/engine/main.ts']);
  });

  it('every relative import leads to a file that exists', () => {
    const known = new Set(sources.map((source) => source.path));
    const lost = sources.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith('.') && !known.has(resolveImport(file.path, specifier)))
        .map(({ specifier }) => `${file.path} → ${specifier}`),
    );
    expect(lost).toEqual([]);
  });
});

describe('what a guest loads', () => {
  const SERVER_ONLY = ['express', '@grpc/grpc-js', 'zod', 'commander', 'pino', 'better-sqlite3'];

  for (const door of ['src/processor/index.ts', 'src/baggage/index.ts']) {
    it(`${door} loads nothing of the engine and no package but OpenTelemetry's api and core, and a sketch`, () => {
      const { files, packages } = loadedFrom(door, sources);
      expect([...files].filter((file) => file.startsWith('src/engine') || file.startsWith('src/cli'))).toEqual([]);
      const foreign = [...packages].filter((name) => !name.startsWith('node:'));
      expect(foreign).toEqual(expect.arrayContaining(['@opentelemetry/api', '@opentelemetry/core']));
      expect(['@datadog/sketches-js', '@opentelemetry/api', '@opentelemetry/core']).toEqual(
        expect.arrayContaining(foreign),
      );
    });
  }

  for (const door of ['src/index.ts', 'src/register.ts']) {
    it(`${door} loads nothing of the engine`, () => {
      const { files, packages } = loadedFrom(door, sources);
      expect([...files].filter((file) => file.startsWith('src/engine') || file.startsWith('src/cli'))).toEqual([]);
      expect([...packages].filter((name) => SERVER_ONLY.includes(name))).toEqual([]);
    });
  }
});

describe('the package', () => {
  it('depends on every package that its sources load, and on no other', () => {
    const loaded = new Set(
      sources
        .flatMap(({ imports }) => imports.map(({ specifier }) => specifier))
        .filter((each) => !/^(\.|node:)/.test(each))
        .map(packageOf),
    );
    const declared = new Set([
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.optionalDependencies),
      ...Object.keys(manifest.peerDependencies),
    ]);
    expect([...loaded].filter((name) => !declared.has(name))).toEqual([]);
    expect([...declared].filter((name) => !loaded.has(name))).toEqual([]);
  });

  it('has a source for each of its doors, and every source is reached from a door', () => {
    const doors = [...Object.values(manifest.exports), ...Object.values(manifest.bin)]
      .map((door) => (typeof door === 'string' ? door : door.default))
      .filter((door) => door.endsWith('.js'))
      .map((door) => door.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
    const reached = new Set<string>();
    const open = [...doors];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (reached.has(file)) continue;
      reached.add(file);
      const source = sources.find((each) => each.path === file);
      expect(source, `${file} is missing`).toBeDefined();
      for (const { specifier } of source?.imports ?? []) {
        if (specifier.startsWith('.')) open.push(resolveImport(file, specifier));
      }
    }
    expect(sources.map((source) => source.path).filter((file) => !reached.has(file))).toEqual([]);
  });

  it('has no top-level await in a door, so that CommonJS programs can require it', () => {
    const doors = Object.values(manifest.exports).flatMap((door) => (typeof door === 'string' ? [] : [door.default]));
    const loaded = doors.flatMap((door) => [
      ...loadedFrom(door.replace('./dist/', 'src/').replace(/\.js$/, '.ts'), sources).files,
    ]);
    expect(
      sources
        .filter(({ path: file, text }) => loaded.includes(file) && /^(const .* = )?await /m.test(text))
        .map((each) => each.path),
    ).toEqual([]);
  });
});

describe('time and chance', () => {
  const MADE_IN = 'src/model/clock.ts';

  it(`are made in ${MADE_IN} only`, () => {
    const uses = /\b(Date\.now|performance\.now|Math\.random|setTimeout|setInterval|crypto\.getRandomValues)\b\s*\(/;
    const strays = sources
      .filter(({ path: file, text }) => file !== MADE_IN && uses.test(text))
      .map((each) => each.path);
    expect(strays).toEqual([]);
    expect(uses.test(sources.find((each) => each.path === MADE_IN)?.text ?? '')).toBe(true);
  });
});

describe('every file', () => {
  const everything = ['src', 'web', 'examples', 'test', 'bench', 'collector-config'].flatMap((folder) => {
    try {
      return sourcesBelow(folder);
    } catch {
      return [];
    }
  });

  it('says its licence in the first lines', () => {
    const silent = everything.filter(({ text }) => !/^(#!.*\n)?\/\/ SPDX-License-Identifier: Apache-2\.0\n/.test(text));
    expect(silent.map((each) => each.path)).toEqual([]);
  });

  it('stays under 300 lines', () => {
    expect(everything.filter(({ text }) => text.split('\n').length > 301).map((each) => each.path)).toEqual([]);
  });

  it('has a name that says what it is', () => {
    expect(
      everything
        .filter((each) => /(^|\/)(utils?|helpers?|common|manager|misc)(\.|\/)/.test(each.path))
        .map((each) => each.path),
    ).toEqual([]);
  });
});

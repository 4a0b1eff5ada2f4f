// SPDX-License-Identifier: Apache-2.0
/** Reads the import graph of the sources as text: what the tidy test holds against the architecture. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Import {
  /** As written: `./x.js`, `node:fs`, `express`. */
  readonly specifier: string;
  /** Only types: gone after compilation. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;
/** The program of a thread. */
const BESIDE = /\bnew URL\('(\.[^']+\.js)', import\.meta\.url\)/g;

/** Every `.ts` and `.tsx` file below a folder, in order, built output left out. */
export function sourcesBelow(folder: string): SourceFile[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/(^|[\\/])(dist|node_modules)[\\/]/.test(name))
    .sort()
    .map((name) => {
      const file = path.posix.join(folder, name.split(path.sep).join('/'));
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      return { path: file, text, imports: importsIn(text) };
    });
}

/** What a relative specifier in a file leads to, from the root. */
export function resolveImport(from: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** Everything that is loaded at run time when a file is: files from the root and packages by name. */
export function loadedFrom(
  entry: string,
  sources: readonly SourceFile[],
): { files: Set<string>; packages: Set<string> } {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const { specifier, typeOnly } of byPath.get(file)?.imports ?? []) {
      if (typeOnly) continue;
      if (specifier.startsWith('.')) open.push(resolveImport(file, specifier));
      else packages.add(packageOf(specifier));
    }
  }
  return { files, packages };
}

/** `@scope/name/path` → `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function importsIn(text: string): Import[] {
  const found: Import[] = [];
  for (const [, type, names, specifier] of text.matchAll(STATEMENT)) {
    const inner = /^\{([\s\S]*)\}$/.exec(names?.trim() ?? '')?.[1]?.split(',') ?? ['value'];
    const onlyTypes = inner.every((name) => name.trim() === '' || /^\s*type\s/.test(name));
    found.push({ specifier: specifier as string, typeOnly: type !== undefined || onlyTypes });
  }
  for (const [, specifier] of [...text.matchAll(DYNAMIC), ...text.matchAll(BESIDE)])
    found.push({ specifier: specifier as string, typeOnly: false });
  return found;
}

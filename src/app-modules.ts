// SPDX-License-Identifier: Apache-2.0
/**
 * Modules that the application may have and we do not depend on: instrumentations. They are resolved from the folder of
 * the program that runs, then from the working folder, for they are the application's dependencies. And one that we depend
 * on and the application's instrumentations should not see us load.
 */
import { existsSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { diag } from '@opentelemetry/api';
import { complain } from './complaint.js';

/** The exports of a module. */
export type AppModule = Readonly<Record<string, unknown>>;

/** The exports of a module of the application; `undefined` where it is not installed. Never throws. */
export function appModule(name: string): AppModule | undefined {
  for (const folder of appFolders()) {
    try {
      return createRequire(`${folder}/`)(name) as AppModule;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') complain(`${name} did not load: ${String(error)}`);
    }
  }
  return undefined;
}

/**
 * Every copy of a module that the application may load: of its own, and of the automatic instrumentation, which may have
 * another version; each for `require` and, where there is one beside it, for `import`.
 */
export function copiesOfAppModule(name: string): AppModule[] {
  const files = new Set<string>();
  for (const folder of appFolders()) {
    const own = resolved(name, `${folder}/`);
    const automatic = resolved('@opentelemetry/auto-instrumentations-node', `${folder}/`);
    for (const file of [own, automatic && resolved(name, automatic)]) {
      if (file === undefined) continue;
      files.add(file);
      const forImport = file.replace(/\.cjs$/, '.mjs');
      if (existsSync(forImport)) files.add(forImport);
    }
  }
  return [...files].flatMap((file) => {
    try {
      return [createRequire(file)(file) as AppModule];
    } catch (error) {
      diag.debug(`panorama: ${file} did not load`, error);
      return [];
    }
  });
}

function appFolders(): string[] {
  const program = process.argv[1];
  return [...(program ? [path.dirname(program)] : []), process.cwd()];
}

function resolved(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

/** Node's module loader, where instrumentations put their hook. */
interface Loader {
  readonly _load?: (name: string, parent: unknown) => unknown;
  readonly prototype: { require(this: unknown, name: string): unknown };
}

/**
 * Loads a module of ours past the hooks of instrumentations: they would patch Node's own modules that it loads, which the
 * application may never load. Never throws; what does not load here is loaded by whoever needs it.
 */
export function loadUnseen(name: string): void {
  const { _load: load, prototype } = Module as unknown as Loader;
  if (typeof load !== 'function') return;
  const hooked = prototype.require;
  prototype.require = function (wanted) {
    return load(wanted, this);
  };
  try {
    createRequire(import.meta.url)(name);
  } catch (error) {
    diag.debug(`panorama: ${name} did not load yet`, error);
  } finally {
    prototype.require = hooked;
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Modules that the application may have and we do not depend on: instrumentations, and exporters of other protocols.
 * They are resolved from the application's folder, for they are its dependencies.
 */
import { createRequire } from 'node:module';
import { diag } from '@opentelemetry/api';

/** The exports of a module of the application; `undefined` where it is not installed. Never throws. */
export function appModule(name: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return createRequire(`${process.cwd()}/`)(name) as Record<string, unknown>;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') diag.warn(`panorama: ${name} did not load`, error);
    return undefined;
  }
}

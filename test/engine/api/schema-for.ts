// SPDX-License-Identifier: Apache-2.0
/** The schema that an answer is held against. */
import type { z } from 'zod';
import { ANSWERS, ERROR_ANSWER, type Route } from '../../../src/engine/api/schemas.js';

export function schemaFor(path: string, status: number): z.ZodType {
  const { pathname } = new URL(path, 'http://127.0.0.1');
  const route = pathname.replace(/^\/api\/v1\/subjects\/.+$/, '/api/v1/subjects/{identity}');
  return status === 200 || status === 503 ? ANSWERS[route as Route] : ERROR_ANSWER;
}

// SPDX-License-Identifier: Apache-2.0
/** What docs/security.md says is held against the tests that show it, and against the code. */
import { describe, expect, it } from 'vitest';
import { SCOPES } from '../src/engine/access/token-table.js';
import { read, rowsOf } from './support/pages.js';

describe('docs/security.md', () => {
  const text = read('docs/security.md');

  it('shows each threat to be stopped by tests that exist', () => {
    const threats = rowsOf(text.slice(text.indexOf('## Threats'), text.indexOf('## What is not protected'))).slice(1);
    expect(threats.length).toBeGreaterThan(15);
    const tests = threats.flatMap(([, , , shown]) => shown?.split(', ') ?? []);
    expect(tests.filter((file) => !/^test\/[\w/-]+\.(?:test|chaos)\.ts$/.test(file) || read(file) === '')).toEqual([]);
  });

  it('names every scope of a token, and no other', () => {
    const scopes = rowsOf(text.slice(text.indexOf('| scope |'), text.indexOf('`GET /healthz`'))).slice(1);
    expect(scopes.map(([scope]) => scope)).toEqual([...SCOPES]);
  });
});

// SPDX-License-Identifier: Apache-2.0
/** An engine has a bridge where an option says where it goes, and does not start with a secret that it cannot have. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBridge } from '../../src/engine/bridge-choice.js';
import { type EngineOptionsInput, parseEngineOptions } from '../../src/engine/options.js';
import { FakeClock } from '../support/fake-clock.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'panorama-bridge-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function opened(input: EngineOptionsInput) {
  const reader = {
    verdicts: () => [],
    matrix: () => ({ views: [], leftOut: 0 }),
    callsByStatus: () => new Map(),
  };
  const parts = { reader, clock: new FakeClock(), api: { scheme: 'http', host: 'engine', port: 16688 } };
  return openBridge(parseEngineOptions(input), parts, pino({ level: 'silent' }));
}

describe('a bridge', () => {
  it('is none where nobody is to be told', async () => {
    expect(await opened({})).toBeUndefined();
  });

  it.each([
    ['is not there', undefined, 'cannot be read (ENOENT)'],
    ['is empty', ' \n', 'is empty'],
  ])('is none where the file of its secret %s, and says so', async (_, contents, expected) => {
    const file = path.join(folder, 'secret');
    if (contents !== undefined) writeFileSync(file, contents);
    await expect(opened({ webhook: 'http://127.0.0.1:9/', webhookSecretFile: file })).rejects.toMatchObject({
      code: 'PANO_ACCESS_FILE',
      message: expect.stringContaining(`webhookSecretFile: ${file} ${expected}`),
    });
  });

  it('ends although nothing was sent', async () => {
    const bridge = await opened({ webhook: 'http://127.0.0.1:9/' });
    await expect(bridge?.close()).resolves.toBeUndefined();
  });
});

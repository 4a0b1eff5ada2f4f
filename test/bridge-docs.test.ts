// SPDX-License-Identifier: Apache-2.0
/** `docs/bridge.md` against the table of the bridge's metrics, both ways, and its code as it stands there. */
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { BRIDGE_ROWS, DETECTION_DELAY } from '../src/engine/bridge/verdict-metrics.js';
import { signatureOf } from '../src/engine/bridge/webhook.js';
import { read } from './support/pages.js';

const text = read('docs/bridge.md');

/** As the Collector's exporter and Prometheus's own receiver name it. */
function prometheusName(name: string, kind: string, unit: string): string {
  const unitWord = unit === 's' ? '_seconds' : unit === '1' && kind === 'gauge' ? '_ratio' : '';
  return `${name.replaceAll('.', '_')}${unitWord}${kind === 'counter' ? '_total' : ''}`;
}

describe('docs/bridge.md', () => {
  it('has every metric as it is, and no other', () => {
    const rows = text
      .split('\n')
      .filter((line) => line.startsWith('| `panorama.'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const expected = [...BRIDGE_ROWS, { ...DETECTION_DELAY, kind: 'histogram', attributes: [] }].map((row) => [
      `\`${row.name}\``,
      `\`${prometheusName(row.name, row.kind, row.unit)}\``,
      row.kind,
      `\`${row.unit}\``,
      row.attributes.map((each) => `\`${each}\``).join(', '),
      row.description,
    ]);
    expect(rows).toEqual(expected);
  });

  it('shows how a receiver checks a signature, and a forged or an old one fails, but not a recent one that comes again', () => {
    const code = /```js\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    const body = code.replace(/^import .*$/m, '').replace('export function', 'return function');
    const make = new Function('createHmac', 'timingSafeEqual', 'Buffer', 'Date', body);
    const crypto = createRequire(import.meta.url)('node:crypto');
    const nowMs = 1_700_000_000_000;
    const isGenuine = make(crypto.createHmac, crypto.timingSafeEqual, Buffer, { now: () => nowMs });
    expect(isGenuine(signatureOf('{}', 's', nowMs), '{}', 's')).toBe(true);
    expect(isGenuine(signatureOf('{}', 's', nowMs - 299_000), '{}', 's')).toBe(true);
    expect(isGenuine(signatureOf('{}', 's', nowMs), '{ }', 's')).toBe(false);
    expect(isGenuine(signatureOf('{}', 'other', nowMs), '{}', 's')).toBe(false);
    expect(isGenuine(signatureOf('{}', 's', nowMs - 301_000), '{}', 's')).toBe(false);
    expect(isGenuine('', '{}', 's')).toBe(false);
  });
});

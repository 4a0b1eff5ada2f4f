// SPDX-License-Identifier: Apache-2.0
/** The page as it is built and shipped: small, and made so that the engine's policy lets it run. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/imports.js';

const FOLDER = path.join(ROOT, 'dist/page');

/** Of everything that a browser loads, packed. */
const BYTES_MAX = 150_000;

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.\w+$/.test(name))
  .map((name) => ({ name, text: readFileSync(path.join(FOLDER, name), 'utf8') }));
const html = files.find(({ name }) => name === 'index.html')?.text ?? '';

describe('the page as it is built', () => {
  it(`is no larger than ${BYTES_MAX} bytes, packed with gzip`, () => {
    const sizes = files.map(({ text }) => gzipSync(text).length);
    expect(files.length).toBeGreaterThan(3);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(BYTES_MAX);
  });

  it('has neither script nor style in its markup', () => {
    expect(html).toMatch(/<script [^>]*src="\.\/assets\/[^"]+\.js"><\/script>/);
    expect(html.match(/<script(?![^>]*src=)[^>]*>|<style|\sstyle=|\son\w+=/g)).toBeNull();
  });

  it('names no place that it could load anything from, but names of XML', () => {
    const places = files.flatMap(({ text }) => text.match(/https?:\/\/[\w-]+(?:\.[\w-]+)+/g) ?? []);
    expect(new Set(places)).toEqual(new Set(['http://www.w3.org']));
  });
});

// SPDX-License-Identifier: Apache-2.0
/** A tokens file: what a line means, what is refused, and that no message quotes a secret. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TOKEN_COUNT_MAX, TokenTable } from '../../../src/engine/access/token-table.js';
import { PanoramaError } from '../../../src/model/errors.js';

const SECRET = 'correct-horse-battery-staple';
const OTHER = 'another-secret-of-the-same-kind';
const digest = (token: string) => createHash('sha256').update(token).digest('hex');
const scopes = (text: string, token: string) => [...(TokenTable.parse(text).scopesOf(token) ?? [])].sort();

function faultOf(text: string): PanoramaError {
  try {
    TokenTable.parse(text);
  } catch (error) {
    return error as PanoramaError;
  }
  throw new Error('the file was taken');
}

describe('a line', () => {
  it('gives a token its scopes', () => {
    expect(scopes(`ingest ${SECRET}`, SECRET)).toEqual(['ingest']);
    expect(scopes(`ingest,read ${SECRET}`, SECRET)).toEqual(['ingest', 'read']);
  });

  it('may hold a digest in the place of the token, in either case', () => {
    expect(scopes(`read sha256:${digest(SECRET)}`, SECRET)).toEqual(['read']);
    expect(scopes(`read sha256:${digest(SECRET).toUpperCase()}`, SECRET)).toEqual(['read']);
    expect(scopes(`read sha256:${digest(SECRET)}`, `sha256:${digest(SECRET)}`)).toEqual([]);
  });

  it('of the operator includes everything', () => {
    expect(scopes(`admin ${SECRET}`, SECRET)).toEqual(['admin', 'ingest', 'read']);
  });

  it('may be a comment, blank, end in one, and end in CR LF', () => {
    const text = `# the collectors\r\n\r\n  ingest   ${SECRET}   # since May\r\nread ${OTHER}\r\n`;
    expect(scopes(text, SECRET)).toEqual(['ingest']);
    expect(scopes(text, OTHER)).toEqual(['read']);
  });
});

describe('several lines', () => {
  it('give several tokens the same, so that one can replace the other', () => {
    const text = `ingest ${SECRET}\ningest ${OTHER}`;
    expect([scopes(text, SECRET), scopes(text, OTHER)]).toEqual([['ingest'], ['ingest']]);
  });

  it('with the same token add up', () => {
    expect(scopes(`ingest ${SECRET}\nread sha256:${digest(SECRET)}`, SECRET)).toEqual(['ingest', 'read']);
  });
});

describe('a token', () => {
  it.each(['', 'x', SECRET.slice(1), `${SECRET} `, SECRET.toUpperCase(), `${SECRET}\u0000`, 'a'.repeat(100_000)])(
    'that nobody gave out is not known: %j',
    (token) => {
      expect(TokenTable.parse(`admin ${SECRET}`).scopesOf(token)).toBeUndefined();
    },
  );
});

describe('a file is refused', () => {
  it.each([
    ['', 'has no token'],
    ['# nothing', 'has no token'],
    [SECRET, 'line 1 must be'],
    [`ingest ${SECRET} ${OTHER}`, 'line 1 must be'],
    [`ingest ${SECRET}\nwrite ${OTHER}`, 'line 2 must begin with scopes'],
    [`ingest, ${SECRET}`, 'line 1 must begin with scopes'],
    [`__proto__ ${SECRET}`, 'line 1 must begin with scopes'],
    ['ingest short', 'line 1 must have a token of 16 to 1024'],
    [`ingest ${'a'.repeat(1025)}`, 'line 1 must have a token'],
    ['ingest "in-quotes-as-yaml-has-it"', 'line 1 must have a token'],
    ['ingest sha256:abcdef', 'line 1 must have 64 hexadecimal digits'],
    [`${`ingest ${SECRET}\n`.repeat(TOKEN_COUNT_MAX + 1)}`, 'more than 100'],
  ])('%#, and says why and where', (text, why) => {
    const fault = faultOf(text);
    expect(fault).toBeInstanceOf(PanoramaError);
    expect(fault.code).toBe('PANO_ACCESS_FILE');
    expect(fault.message).toContain(why);
  });

  it('without a word of what stands in it', () => {
    for (const text of [
      SECRET,
      `ingest ${SECRET} x`,
      `wrong ${SECRET}`,
      `ingest ${SECRET}"`,
      `ingest sha256:${SECRET}`,
    ]) {
      expect(faultOf(text).message).not.toContain(SECRET);
    }
  });
});

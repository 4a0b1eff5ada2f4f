// SPDX-License-Identifier: Apache-2.0
/**
 * Who may do what by the token they show. A line of the file gives a token its scopes; several lines may give the same,
 * so that a new token is valid beside the old one until everybody has it.
 *
 * A token is known by its digest: the file may hold digests alone, and comparing digests takes as long for a token
 * that is nearly right as for one that is all wrong.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { PanoramaError } from '../../model/errors.js';

/**
 * `ingest` sends telemetry, `read` asks the API. `admin` is the operator's: it includes both, so that the one who has
 * the keys of the house need not carry three. No route asks for it alone, because no route changes anything.
 */
export const SCOPES = ['ingest', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Every token is compared with every request's, so there are few: one for each team, and its successor. */
export const TOKEN_COUNT_MAX = 100;

/** 16 characters of base64 are 96 random bits: nobody guesses those over a network. */
export const TOKEN_LENGTH_MIN = 16;
export const TOKEN_LENGTH_MAX = 1024;

const DIGEST_PREFIX = 'sha256:';

/** What may stand after `Bearer` (RFC 6750, `b64token`). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

interface KnownToken {
  readonly digest: Buffer;
  readonly scopes: ReadonlySet<Scope>;
}

export class TokenTable {
  readonly #tokens: readonly KnownToken[];

  private constructor(tokens: readonly KnownToken[]) {
    this.#tokens = tokens;
  }

  /**
   * Reads a file of lines `SCOPE[,SCOPE] TOKEN` or `SCOPE[,SCOPE] sha256:HEX`; `#` begins a comment.
   *
   * @throws PanoramaError PANO_ACCESS_FILE naming the line; never quoting it, for it holds a secret
   */
  static parse(text: string): TokenTable {
    const tokens = text
      .split(/\r?\n/)
      .map((line, index) => ({ line: line.replace(/(^|\s)#.*/, '').trim(), number: index + 1 }))
      .filter(({ line }) => line !== '')
      .map(({ line, number }) => tokenOf(line, number));
    if (tokens.length === 0) throw fault('it has no token; give it a line such as `ingest TOKEN`');
    if (tokens.length > TOKEN_COUNT_MAX) throw fault(`it has ${tokens.length} tokens, more than ${TOKEN_COUNT_MAX}`);
    return new TokenTable(tokens);
  }

  get count(): number {
    return this.#tokens.length;
  }

  /** What a token allows; `undefined` for one that nobody gave out. As long for any token: every line is compared. */
  scopesOf(token: string): ReadonlySet<Scope> | undefined {
    const digest = createHash('sha256').update(token).digest();
    let scopes: Set<Scope> | undefined;
    for (const each of this.#tokens) {
      if (!timingSafeEqual(each.digest, digest)) continue;
      scopes ??= new Set();
      for (const scope of each.scopes) scopes.add(scope);
    }
    return scopes;
  }
}

function tokenOf(line: string, number: number): KnownToken {
  const [names = '', token = '', ...rest] = line.split(/\s+/);
  if (token === '' || rest.length > 0)
    throw fault(`line ${number} must be \`SCOPES TOKEN\`, such as \`ingest,read …\``);
  return { scopes: scopesIn(names, number), digest: digestOf(token, number) };
}

function scopesIn(names: string, number: number): ReadonlySet<Scope> {
  const scopes = names.split(',');
  if (!scopes.every((name): name is Scope => SCOPES.some((scope) => scope === name))) {
    throw fault(`line ${number} must begin with scopes joined by commas, of ${SCOPES.join(', ')}`);
  }
  return new Set(scopes.includes('admin') ? SCOPES : scopes);
}

function digestOf(token: string, number: number): Buffer {
  if (token.startsWith(DIGEST_PREFIX)) {
    const hex = token.slice(DIGEST_PREFIX.length);
    if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw fault(`line ${number} must have 64 hexadecimal digits after sha256:`);
    return Buffer.from(hex, 'hex');
  }
  if (token.length < TOKEN_LENGTH_MIN || token.length > TOKEN_LENGTH_MAX || !TOKEN.test(token)) {
    throw fault(
      `line ${number} must have a token of ${TOKEN_LENGTH_MIN} to ${TOKEN_LENGTH_MAX} characters of A-Z a-z 0-9 . _ ~ + / - (openssl rand -hex 32 makes one)`,
    );
  }
  return createHash('sha256').update(token).digest();
}

function fault(what: string): PanoramaError {
  return new PanoramaError('PANO_ACCESS_FILE', `tokensFile: ${what}`);
}

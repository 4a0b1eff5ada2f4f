// SPDX-License-Identifier: Apache-2.0
/**
 * What a command shows an engine: a token, a certificate, and whose certificates it believes itself. Secrets come from
 * files and variables, never from the command line, which every user of the machine can read.
 */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { PanoramaError } from '../model/errors.js';
import { DEFAULT_API_URL, EngineClient } from './engine-client.js';

export interface Credentials {
  readonly token: string | undefined;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/** The options that say what is shown to an engine. */
export interface CredentialFlags {
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The options of a command that asks an engine. */
export interface EngineFlags extends CredentialFlags {
  readonly api: string;
}

/** Adds the options that say which engine, and what is shown to it. */
export function withEngineOptions(command: Command): Command {
  const api = process.env['PANORAMA_API'] || DEFAULT_API_URL;
  return withCredentialOptions(command.option('--api <url>', "the engine's API", api));
}

export function withCredentialOptions(command: Command): Command {
  return command
    .option('--token-file <file>', 'file of the token to show (default: the variable PANORAMA_TOKEN)')
    .option('--ca <file>', "authorities to believe, PEM, where the system's do not vouch for the engine")
    .option('--cert <file>', 'certificate to show, PEM')
    .option('--key <file>', "the certificate's key, PEM");
}

/**
 * The engine that a command asks, shown what its options say.
 *
 * @param patienceMs how long an answer may take; the client's own default where it is left out
 * @throws PanoramaError PANO_USAGE for a file that cannot be read, or a token that is none
 */
export function clientOf(flags: EngineFlags, patienceMs?: number): EngineClient {
  return new EngineClient(flags.api, credentialsOf(flags), patienceMs);
}

/** @throws PanoramaError PANO_USAGE for a file that cannot be read, or a token that is none */
export function credentialsOf({ tokenFile, ca, cert, key }: CredentialFlags): Credentials {
  const token = tokenFile === undefined ? process.env['PANORAMA_TOKEN'] : read('--token-file', tokenFile).toString();
  return {
    token: tokenIn(token?.trim(), tokenFile === undefined ? 'PANORAMA_TOKEN' : '--token-file'),
    tls: {
      ...(ca === undefined ? {} : { ca: read('--ca', ca) }),
      ...(cert === undefined ? {} : { cert: read('--cert', cert) }),
      ...(key === undefined ? {} : { key: read('--key', key) }),
    },
  };
}

/** What cannot stand in a header would be refused with the token in the message. */
function tokenIn(text: string | undefined, where: string): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new PanoramaError('PANO_USAGE', `${where} holds no token: one line of printable ASCII without spaces is one`);
}

function read(flag: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new PanoramaError('PANO_USAGE', `${flag} ${file} cannot be read (${code ?? message}); name another`, error);
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * What a URL is to a form. The rules ask two things of it, and nothing else in it makes forms, no ids and no query:
 *
 * - Whether it is a health check's (`observe/probe.ts`): its path, if it may be one's. No path with a digit, nor one of more
 *   than 40 characters, is.
 * - Whom a call goes to that says so nowhere else (`observe/url-address.ts`): of a whole URL the head, which is scheme, host and port.
 *
 * Either is noted of bytes that are scanned, or made a text of a record's.
 */
import type { Fingerprint } from '../../model/fingerprint.js';
import { URL_HEAD_LENGTH_MAX } from '../../model/limits.js';

/** Longest path that may be a health check's. */
const PROBE_PATH_LENGTH_MAX = 40;

/** A body's bytes. */
interface Body {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The path of the URL from `from` up to `end`, into a fingerprint. @returns false where it lies behind `lengthMax` */
export function notePath(
  fingerprint: Fingerprint,
  { bytes, view }: Body,
  from: number,
  end: number,
  lengthMax: number,
): boolean {
  const path = pathStart(bytes, from, end);
  const pathEnd = probePathEnd(bytes, path, end);
  if (pathEnd - from > lengthMax) return false;
  const shape = urlShape(from, path, pathEnd, end);
  fingerprint.word(shape);
  if (shape >= UrlShape.PATH) fingerprint.bytes(view, path, pathEnd);
  return true;
}

/** The head of the URL from `from` up to `end`, into a fingerprint. @returns false where it goes on behind `lengthMax` */
export function noteHead(
  fingerprint: Fingerprint,
  { bytes, view }: Body,
  from: number,
  end: number,
  lengthMax: number,
): boolean {
  const last = Math.min(end, from + lengthMax + 1);
  const authority = authorityStart(bytes, from, last);
  const headEnd = authorityEnd(bytes, from, authority, last);
  if (headEnd - from > lengthMax) return false;
  fingerprint.bytes(view, from, authority);
  fingerprint.bytes(view, hostStart(bytes, authority, headEnd), headEnd);
  return true;
}

/** What counts of a URL, as a text that is the same for all that are the same to a form. @param isWhole whether its head counts */
export function urlForm(url: string, isWhole: boolean): string {
  const bytes = Buffer.from(url);
  const path = pathStart(bytes, 0, bytes.length);
  const pathEnd = probePathEnd(bytes, path, bytes.length);
  const shape = urlShape(0, path, pathEnd, bytes.length);
  const probe = shape <= UrlShape.NO_PROBE ? `${shape}` : shape + bytes.toString('latin1', path, pathEnd);
  if (!isWhole) return probe;
  const last = Math.min(bytes.length, URL_HEAD_LENGTH_MAX + 1);
  const authority = authorityStart(bytes, 0, last);
  const headEnd = authorityEnd(bytes, 0, authority, last);
  if (headEnd > URL_HEAD_LENGTH_MAX) return `${probe}?${url}`;
  const scheme = bytes.toString('latin1', 0, authority);
  return `${probe}@${scheme}${bytes.toString('latin1', hostStart(bytes, authority, headEnd), headEnd)}`;
}

/** Where the path of a URL begins: behind `scheme://authority`, or at once. */
function pathStart(bytes: Uint8Array, from: number, end: number): number {
  if (bytes[from] === SLASH) return from;
  for (let at = from; at + 2 < end; at++) {
    if (bytes[at] !== COLON || bytes[at + 1] !== SLASH || bytes[at + 2] !== SLASH) continue;
    let slash = at + 3;
    while (slash < end && bytes[slash] !== SLASH) slash++;
    return slash;
  }
  return from;
}

/** The end of a path that may be a health check's: letters, `/`, `-` and `_` only, and no more than 40 of them. -1 of any other. */
function probePathEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === QUESTION_MARK || byte === HASH) return at;
    const isOfProbe = isLetter(byte) || byte === SLASH || byte === DASH || byte === UNDERSCORE;
    if (!isOfProbe || at - from >= PROBE_PATH_LENGTH_MAX) return -1;
  }
  return end;
}

/** What a path is besides its bytes: an empty URL gives way to another attribute, and a path may not be asked for behind an authority. */
const UrlShape = { EMPTY: 0, NO_PROBE: 1, PATH: 2, BEHIND_AUTHORITY: 3 } as const;
type UrlShape = (typeof UrlShape)[keyof typeof UrlShape];

/** @param path where the path begins, and `pathEnd` where it ends, of the URL from `from` up to `end` */
function urlShape(from: number, path: number, pathEnd: number, end: number): UrlShape {
  if (from === end) return UrlShape.EMPTY;
  if (pathEnd < 0) return UrlShape.NO_PROBE;
  return path === from ? UrlShape.PATH : UrlShape.BEHIND_AUTHORITY;
}

/** Where the authority of a URL begins, behind `scheme://`; `from` where it has none. */
function authorityStart(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at + 2 < end; at++) {
    const byte = bytes[at] as number;
    if (byte === COLON) return bytes[at + 1] === SLASH && bytes[at + 2] === SLASH ? at + 3 : from;
    const isOfScheme =
      isLetter(byte) || (byte >= ZERO && byte <= NINE) || byte === PLUS || byte === DASH || byte === DOT;
    if (!isOfScheme) return from;
  }
  return from;
}

/** Where it ends: at once where there is none. */
function authorityEnd(bytes: Uint8Array, from: number, authority: number, end: number): number {
  let at = authority;
  if (at > from) while (at < end && bytes[at] !== SLASH && bytes[at] !== QUESTION_MARK && bytes[at] !== HASH) at++;
  return at;
}

/** Where the host of an authority begins: behind a user and password, which need not be the same in all calls. */
function hostStart(bytes: Uint8Array, authority: number, end: number): number {
  let at = end;
  while (at > authority && bytes[at - 1] !== AT_SIGN) at--;
  return at;
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}

const [SLASH, DASH, UNDERSCORE, COLON, QUESTION_MARK, HASH] = [0x2f, 0x2d, 0x5f, 0x3a, 0x3f, 0x23];
const [AT_SIGN, PLUS, DOT, ZERO, NINE] = [0x40, 0x2b, 0x2e, 0x30, 0x39];

// SPDX-License-Identifier: Apache-2.0
/**
 * What a carrier holds already. A proxy hands on the headers that it was given, a gRPC `Metadata` is used for a second
 * call: either way members of ours stand there that belong to another call, and must neither reach a destination that may
 * have none nor stand beside the right ones. All others in the header are somebody else's and stay.
 *
 * A `TextMapSetter` can only set, and W3C baggage knows no list without members. So a header that holds ours alone is
 * removed, in each of the ways that carriers know.
 */
import { BAGGAGE_HEADER } from './header-text.js';

/** How the names of our members begin, those of a newer version among them. */
const OURS = 'panorama.';

/** Carriers that hide their headers, by what they call the methods: gRPC's `Metadata`, `Headers`, `ClientRequest`. */
const METHODS = [
  ['get', 'set', 'remove'],
  ['get', 'set', 'delete'],
  ['getHeader', 'setHeader', 'removeHeader'],
] as const;

type Methods = Partial<Record<string, (name: string, value?: unknown) => unknown>>;

/** Takes members of ours out of the carrier's `baggage`, however the name is written. */
export function withdrawFrom(carrier: unknown): void {
  if (typeof carrier !== 'object' || carrier === null) return;
  if (Array.isArray(carrier)) withdrawFromList(carrier);
  else if (!withdrawByMethods(carrier as Methods)) withdrawFromRecord(carrier as Record<string, unknown>);
}

/** The lines of a head without members of ours. */
export function withdrawnFromLines(lines: string): string {
  return lines.replace(/^(baggage: *)(.*)\r\n/gim, (line, name: string, value: string) => {
    const left = withdrawn(value);
    if (left === value) return line;
    return left === undefined ? '' : `${name}${left}\r\n`;
  });
}

function withdrawFromRecord(carrier: Record<string, unknown>): void {
  for (const name in carrier) {
    if (!isHeader(name)) continue;
    const value = carrier[name];
    const left = withdrawn(value);
    if (left === value) continue;
    if (left === undefined) delete carrier[name];
    else carrier[name] = left;
  }
}

function withdrawByMethods(carrier: Methods): boolean {
  if (typeof carrier['get'] !== 'function' && typeof carrier['getHeader'] !== 'function') return false;
  for (const [get, set, remove] of METHODS) {
    if (typeof carrier[get] !== 'function' || typeof carrier[remove] !== 'function') continue;
    const value = carrier[get](BAGGAGE_HEADER);
    const left = withdrawn(value);
    if (left === value) return true;
    if (left === undefined) carrier[remove](BAGGAGE_HEADER);
    else carrier[set]?.(BAGGAGE_HEADER, Array.isArray(left) ? left.join(',') : left);
    return true;
  }
  return false;
}

/** Names and values in turn, or pairs of them. */
function withdrawFromList(carrier: unknown[]): void {
  const pairs = Array.isArray(carrier[0]);
  const step = pairs ? 1 : 2;
  for (let at = carrier.length - step; at >= 0; at -= step) {
    const list = pairs ? carrier[at] : carrier;
    const place = pairs ? 0 : at;
    if (!Array.isArray(list) || !isHeader(list[place])) continue;
    const value = list[place + 1];
    const left = withdrawn(value);
    if (left === value) continue;
    if (left === undefined) carrier.splice(at, step);
    else list[place + 1] = left;
  }
}

function isHeader(name: unknown): boolean {
  return typeof name === 'string' && name.length === BAGGAGE_HEADER.length && name.toLowerCase() === BAGGAGE_HEADER;
}

/** A header's value without members of ours: the same value where it has none, `undefined` where it has no others. */
function withdrawn(value: unknown): unknown {
  if (typeof value === 'string') return withdrawnText(value);
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString('latin1');
    const left = withdrawnText(text);
    return left === text ? value : left && Buffer.from(left, 'latin1');
  }
  if (!Array.isArray(value)) return value;
  const left = value.map(withdrawn).filter((each) => each !== undefined);
  if (left.length === value.length && left.every((each, index) => each === value[index])) return value;
  return left.length > 0 ? left : undefined;
}

function withdrawnText(text: string): string | undefined {
  if (!text.includes(OURS)) return text;
  const members = text.split(',');
  const left = members.filter((member) => !member.trimStart().startsWith(OURS));
  if (left.length === members.length) return text;
  return left.some((member) => member.trim() !== '') ? left.join(',').trim() : undefined;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Who a component is. One text names it everywhere (on the wire, in URLs, in dashboards):
 *
 *     service                    checkout
 *     namespace:service          shop:checkout
 *     service/instance           datanode/dn2
 *     service/instance#part      datanode/dn2#block-writer
 *     host:port                  10.0.0.7:9000        (an address, while nothing better is known)
 *
 * Parts are percent-encoded, so a name that holds a `/` or a `#` cannot pass for a boundary (a `:` in an instance stays:
 * behind the `/` it divides nothing, and instances are often addresses). How much a text says is
 * its `Resolution`; it travels beside the text, because `a:b` alone does not tell a namespace from a host.
 */

import { cut, IDENTITY_LENGTH_MAX } from './limits.js';
import { memoized } from './memo.js';

/** How exactly a subject is known. A verdict says so, for a service-level conviction names no culprit instance. */
export type Resolution = 'service' | 'instance' | 'address';

/** The parts of an identity, decoded. */
export interface IdentityParts {
  readonly namespace?: string | undefined;
  readonly service: string;
  readonly instance?: string | undefined;
  readonly part?: string | undefined;
}

/** An identity's text and how much it says. */
export interface Identity {
  readonly text: string;
  readonly resolution: Resolution;
}

/** The identity of the given parts. The text is cut at `IDENTITY_LENGTH_MAX`, and can still be parsed. */
export function formatIdentity(parts: IdentityParts): Identity {
  let text = encodePart(parts.service);
  if (parts.namespace) text = `${encodePart(parts.namespace)}:${text}`;
  if (parts.instance) text += `/${encodePart(parts.instance).replaceAll('%3A', ':')}`;
  if (parts.part) text += `#${encodePart(parts.part)}`;
  text = cutEncoded(text);
  return { text, resolution: resolutionOf(text) };
}

/**
 * The identity of an address: `host:port`, `[v6]:port`, or the host alone where the port is unknown. What is not visible
 * in it is percent-encoded, so that every address is an identity's text.
 */
export function formatAddress(host: string, port?: number | string): Identity {
  return formattedAddress(host, port);
}

const formattedAddress = memoized(addressIdentity);

function addressIdentity(host: string, port: number | string | undefined): Identity {
  const bare = /^\[.+\]$/s.test(host) ? host.slice(1, -1) : host;
  const shown = (bare.includes(':') ? `[${bare}]` : bare).toLowerCase();
  const text = port === undefined || port === '' ? shown : `${shown}:${port}`;
  const visible = cut(text, IDENTITY_LENGTH_MAX).replace(INVISIBLE, (character) => encodePart(character));
  return { text: cut(visible, IDENTITY_LENGTH_MAX), resolution: 'address' };
}

/** Whether a text can stand for a component: one line of visible characters, neither empty nor over-long. */
export function isIdentityText(text: string): boolean {
  return text.length > 0 && text.length <= IDENTITY_LENGTH_MAX && text.search(INVISIBLE) < 0;
}

/**
 * Reads a service or instance identity; `undefined` where the text is none (empty, over-long, control characters or
 * blanks, a broken escape). Costs one pass over the text.
 */
export function parseIdentity(text: string): IdentityParts | undefined {
  if (!isIdentityText(text)) return undefined;
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  try {
    const [, namespace, service, instance, part] = match;
    return {
      service: decodeURIComponent(service as string),
      ...(namespace !== undefined && { namespace: decodeURIComponent(namespace) }),
      ...(instance !== undefined && { instance: decodeURIComponent(instance) }),
      ...(part !== undefined && { part: decodeURIComponent(part) }),
    };
  } catch {
    return undefined;
  }
}

/** The service part of an instance's text: everything before the first `/`. */
export function serviceOf(text: string): string {
  const slash = text.indexOf('/');
  return slash < 0 ? text : text.slice(0, slash);
}

/** The resolution that the shape of a text alone suggests: with a `/` it names an instance, otherwise a service. */
export function resolutionOf(text: string): Resolution {
  return text.includes('/') ? 'instance' : 'service';
}

/** Blanks, line breaks, controls, formatting (which can turn a text round), and halves of characters. */
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Cs}]/gu;
const SHAPE = /^(?:([^:/#]+):)?([^:/#]+)(?:\/([^/#]+))?(?:#([^/#]+))?$/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function encodePart(part: string): string {
  return encodeURIComponent(part.slice(0, IDENTITY_LENGTH_MAX).replace(LONE_SURROGATE, '\ufffd'));
}

/** Cuts a text of encoded parts where no escape and no character of several escapes is broken, nor a separator left last. */
function cutEncoded(text: string): string {
  if (text.length <= IDENTITY_LENGTH_MAX) return text;
  let kept = text.slice(0, IDENTITY_LENGTH_MAX).replace(/%[0-9A-F]?$/, '');
  // A character has at most four escapes, so this ends after three steps.
  while (!isDecodable(kept)) kept = kept.slice(0, -3);
  return kept.replace(/[:/#]+$/, '');
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

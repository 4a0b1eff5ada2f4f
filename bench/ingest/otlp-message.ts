// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP spans and resources as pieces: what exporters send, field by field.
 *
 * Source: opentelemetry-proto 1.x, `trace.proto`, `resource.proto`, `common.proto`, `trace_service.proto`.
 */
import { fixed32, fixed64, id, integer, joined, message, type Piece, type SpotKind, text } from './piece.js';

/** Span kinds of the protocol. */
export const KIND = { internal: 1, server: 2, client: 3 } as const;

/** An integer that is written over before each sending; what stands there first says how long it is. */
export interface SpottedInteger {
  readonly value: number;
  readonly spot: SpotKind;
}

export type AttributeValue = string | number | SpottedInteger;

export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanParts {
  readonly name: string;
  readonly kind: number;
  readonly hasParent: boolean;
  readonly attributes: Attributes;
  /** `error`, left unset, or an error in a trace that fails. */
  readonly status: 'unset' | 'error' | 'asTrace';
}

const STATUS_ERROR = 2;

const STATUSES: Readonly<Record<SpanParts['status'], Piece>> = {
  unset: message(15),
  error: message(15, integer(3, STATUS_ERROR)),
  asTrace: message(15, integer(3, 0, 'spanStatus')),
};

/** `sampled`, and whether the parent is in another process is known. */
const FLAGS = 0x101;

/** A span, to stand in a `ScopeSpans`. */
export function span({ name, kind, hasParent, attributes, status }: SpanParts): Piece {
  return message(
    2,
    id(1, 16, 'traceId'),
    id(2, 8, 'spanId'),
    ...(hasParent ? [id(4, 8, 'parentId')] : []),
    text(5, name),
    integer(6, kind),
    fixed64(7, 'start'),
    fixed64(8, 'end'),
    attributesAs(9, attributes),
    STATUSES[status],
    fixed32(16, FLAGS),
  );
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly spans: readonly Piece[];
}

/** One resource with all its spans, to stand in a request. */
export function resourceSpans(resource: Attributes, scopes: readonly Scope[]): Piece {
  const of = ({ name, version, spans }: Scope) => message(2, message(1, text(1, name), text(2, version)), ...spans);
  return message(1, message(1, attributesAs(1, resource)), ...scopes.map(of));
}

function attributesAs(field: number, attributes: Attributes): Piece {
  const all = Object.entries(attributes);
  return joined(all.map(([key, value]) => message(field, text(1, key), message(2, anyValue(value)))));
}

function anyValue(value: AttributeValue): Piece {
  if (typeof value === 'string') return text(1, value);
  return typeof value === 'number' ? integer(3, value) : integer(3, value.value, value.spot);
}

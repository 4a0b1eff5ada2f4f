// SPDX-License-Identifier: Apache-2.0
/**
 * What spans have in common. A service sends the same few spans over and over: other ids, other times, another order number in
 * the URL, and all that the rules look at is the same. So a span is read as its form, found by a fingerprint of those bytes that
 * the rules look at, and a few numbers of its own; what the rules make of a form is worked out once and kept with it.
 *
 * A fingerprint is 64 bits from a seed that only this process knows. Among a hundred thousand forms two different ones share
 * one in a billion years of traffic, and nobody can make them.
 */
import type { Attributes } from '../../model/attributes.js';
import type { SpanKind, SpanRecord, SpanStatusCode } from '../../model/span.js';

/** The resource of many requests. */
export class ResourceForm {
  /** Two words, of which the fingerprints of its spans' forms begin. */
  readonly high: number;
  readonly low: number;
  readonly attributes: Attributes;
  /** What its reader has made of it; `undefined` at first. */
  known: unknown = undefined;

  constructor(high: number, low: number, attributes: Attributes) {
    this.high = high;
    this.low = low;
    this.attributes = attributes;
  }
}

/** Many spans of one resource. Its attributes are the first one's; whatever a rule looks at is the same in all of them. */
export class SpanForm {
  readonly high: number;
  readonly low: number;
  readonly resource: ResourceForm;
  readonly kind: SpanKind;
  readonly name: string;
  readonly statusCode: SpanStatusCode;
  attributes: Attributes;
  /** What its reader has made of it; `undefined` at first. */
  known: unknown = undefined;

  constructor(
    high: number,
    low: number,
    resource: ResourceForm,
    { kind, name, statusCode, attributes }: Pick<SpanRecord, 'kind' | 'name' | 'statusCode' | 'attributes'>,
  ) {
    this.high = high;
    this.low = low;
    this.resource = resource;
    this.kind = kind;
    this.name = name;
    this.statusCode = statusCode;
    this.attributes = attributes;
  }
}

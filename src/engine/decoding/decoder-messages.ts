// SPDX-License-Identifier: Apache-2.0
/** What a decoding thread and its owner say to each other. Answers come in the order of the questions, so nothing is numbered. */
import type { Attributes } from '../../model/attributes.js';
import type { PanoramaError } from '../../model/errors.js';
import type { SpanKind, SpanRecord, SpanStatusCode } from '../../model/span.js';

/** What a thread is told when it starts. */
export interface DecoderSettings {
  /** Of all fingerprints, so that every thread finds the same one for the same form. */
  readonly seed: number;
  /** Whether a user's own rules may look at anything in a call. */
  readonly hasOwnRules: boolean;
}

/** A body to be decoded. It begins the memory; what is behind it is for the columns. */
export interface ToDecoder {
  readonly encoding: 'protobuf' | 'json';
  readonly memory: SharedArrayBuffer;
  readonly length: number;
}

export type FromDecoder =
  | { readonly kind: 'ready' }
  | { readonly kind: 'decoded'; readonly spans: DecodedSpans }
  /** It is no request that can be taken. */
  | { readonly kind: 'refused'; readonly code: PanoramaError['code']; readonly message: string };

/** The spans of a body: columns, and what the owner does not know yet of the forms in them. */
export interface DecodedSpans {
  /** Rows in the columns. */
  readonly count: number;
  /** Where the columns are, if there was no room for them behind the body. */
  readonly elsewhere: ArrayBuffer | undefined;
  /** Whether any span can be read in full in the body; otherwise those that may be wanted are in `records`. */
  readonly isScanned: boolean;
  readonly records: readonly NumberedRecord[];
  /** Three numbers each: the resource's, and its rows, from and up to. */
  readonly resources: readonly number[];
  readonly newResources: readonly NewResource[];
  readonly newForms: readonly NewForm[];
  /** Numbers that stand for nothing any more after this request. */
  readonly goneResources: readonly number[];
  readonly goneForms: readonly number[];
  readonly rejectedSpans: number;
  readonly rejectedMessage: string;
}

export interface NumberedRecord {
  readonly row: number;
  readonly record: SpanRecord;
}

export interface NewResource {
  readonly number: number;
  readonly high: number;
  readonly low: number;
  readonly attributes: Attributes;
}

export interface NewForm {
  readonly number: number;
  readonly high: number;
  readonly low: number;
  /** Its resource's number. */
  readonly resource: number;
  readonly kind: SpanKind;
  readonly name: string;
  readonly statusCode: SpanStatusCode;
  readonly attributes: Attributes;
}

// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP's protobuf encoding, scanned: the hot path. One pass over the bytes of a request, in which no object is made and no text:
 * of each span its form is found by a fingerprint, and its ids and times are written into columns.
 *
 * It knows the one way in which every encoder writes: key before value, a field once, ids of the right length. Of a body that is
 * written in any other way it says nothing, and that is read in full.
 *
 * Source: opentelemetry-proto 1.x, `trace_service.proto`, `trace.proto`; Protocol Buffers, "Encoding".
 */
import { OBSERVATION_SPAN_NAME } from '../../model/attributes.js';
import { Fingerprint } from '../../model/fingerprint.js';
import { FingerprintTable } from '../../model/fingerprint-table.js';
import { URL_HEAD_LENGTH_MAX } from '../../model/limits.js';
import { SpanKind, type SpanRecord } from '../../model/span.js';
import { equalsAscii } from '../../protobuf/wire-text.js';
import { type FormKeeping, KEPT_HERE } from './form-keeping.js';
import { ANY_VALUE, KEY_VALUE, REQUEST, RESOURCE_SPANS, SCOPE_SPANS, SPAN, STATUS } from './otlp-tags.js';
import { ODD, ProtobufCursor } from './protobuf-cursor.js';
import { readSpanAt, spansAt } from './span-at.js';
import { type AttributeDraft, SpanBuilder } from './span-builder.js';
import { SpanColumns } from './span-columns.js';
import { ResourceForm, SpanForm } from './span-form.js';
import { isServedKind, Role, RoleTable } from './steady-attributes.js';
import { noteHead, notePath } from './url-form.js';
import { WIRE_LIMITS, type WireLimits } from './wire-limits.js';

/** Forms remembered in a generation; each about 400 bytes with what is made of it. 1000 instances with 130 calls each have as many. */
export const SPAN_FORMS_MAX = 131_072;
export const RESOURCE_FORMS_MAX = 10_000;

const ID_BYTES = { TRACE: 16, SPAN: 8 } as const;
const NO_RESOURCE = new ResourceForm(0, 0, {});

export class SpanScanner {
  readonly #limits: WireLimits;
  readonly #urlLengthMax: number;
  readonly #seed: number;
  readonly #spanForms: FingerprintTable<SpanForm>;
  readonly #resourceForms: FingerprintTable<ResourceForm>;
  readonly #rolesOfCalls: RoleTable;
  readonly #rolesOfServed: RoleTable;
  readonly #fingerprint = new Fingerprint();
  readonly #columns = new SpanColumns();
  #cursor = new ProtobufCursor(new Uint8Array());
  #resource = NO_RESOURCE;

  constructor(limits: WireLimits = WIRE_LIMITS, { seed, onSpanForm, onResourceForm }: FormKeeping = KEPT_HERE) {
    this.#limits = limits;
    this.#urlLengthMax = Math.min(limits.stringLengthMax, URL_HEAD_LENGTH_MAX);
    this.#seed = seed;
    this.#spanForms = new FingerprintTable(SPAN_FORMS_MAX, onSpanForm);
    this.#resourceForms = new FingerprintTable(RESOURCE_FORMS_MAX, onResourceForm);
    this.#rolesOfCalls = new RoleTable(false);
    this.#rolesOfServed = new RoleTable(true);
  }

  /**
   * @param body the whole body, uncompressed; it is not kept for longer than its spans are
   * @returns its spans, good until the next call; `undefined` where the body is to be read in full
   */
  scan(body: Uint8Array): SpanColumns | undefined {
    const cursor = new ProtobufCursor(body);
    this.#cursor = cursor;
    this.#columns.begin((row) => {
      const { from, to } = this.#columns;
      return readSpanAt(body, from[row] as number, to[row] as number, this.#limits);
    }, true);
    const end = body.length;
    for (let at = 0; at < end; ) {
      const tag = cursor.bytes[at++] as number;
      const stop = tag === REQUEST.RESOURCE_SPANS ? cursor.enter(at, end) : cursor.skip(tag, at, end);
      if (stop === ODD) return undefined;
      if (tag === REQUEST.RESOURCE_SPANS && !this.#scanResourceSpans(cursor.pos, stop)) return undefined;
      at = stop;
    }
    return this.#columns;
  }

  #scanResourceSpans(start: number, end: number): boolean {
    const cursor = this.#cursor;
    if (!this.#findResource(start, end)) return false;
    for (let at = start; at < end; ) {
      const tag = cursor.bytes[at++] as number;
      const stop = tag === RESOURCE_SPANS.SCOPE_SPANS ? cursor.enter(at, end) : cursor.skip(tag, at, end);
      if (stop === ODD) return false;
      if (tag === RESOURCE_SPANS.SCOPE_SPANS && !this.#scanScopeSpans(cursor.pos, stop)) return false;
      at = stop;
    }
    this.#columns.endResource(this.#resource);
    return true;
  }

  /** Finds the resource, which may stand behind its spans. */
  #findResource(start: number, end: number): boolean {
    const cursor = this.#cursor;
    let from = 0;
    let to = 0;
    for (let at = start; at < end; ) {
      const tag = cursor.bytes[at++] as number;
      const stop = tag === RESOURCE_SPANS.RESOURCE ? cursor.enter(at, end) : cursor.skip(tag, at, end);
      if (stop === ODD) return false;
      if (tag === RESOURCE_SPANS.RESOURCE) {
        if (to !== 0) return false;
        from = cursor.pos;
        to = stop;
      }
      at = stop;
    }
    this.#fingerprint.begin(this.#seed, ~this.#seed);
    this.#fingerprint.bytes(cursor.view, from, to);
    const { high, low } = this.#fingerprint;
    this.#resource = this.#resourceForms.find(high, low) ?? this.#makeResource(high, low, from, to);
    return true;
  }

  #scanScopeSpans(start: number, end: number): boolean {
    const cursor = this.#cursor;
    for (let at = start; at < end; ) {
      const tag = cursor.bytes[at++] as number;
      const stop = tag === SCOPE_SPANS.SPANS ? cursor.enter(at, end) : cursor.skip(tag, at, end);
      if (stop === ODD) return false;
      if (tag === SCOPE_SPANS.SPANS && !this.#scanSpan(cursor.pos, stop)) return false;
      at = stop;
    }
    return true;
  }

  /** One span into the next row. */
  #scanSpan(start: number, end: number): boolean {
    const { bytes, view } = this.#cursor;
    const columns = this.#columns;
    const fingerprint = this.#fingerprint;
    if (columns.count >= this.#limits.spanCountMax) return false;
    const row = columns.next();
    fingerprint.begin(this.#resource.high, this.#resource.low);
    let roles = this.#rolesOfCalls;
    let kind = ODD;
    let traceAt = 0;
    let spanAt = 0;
    let parentAt = 0;
    let startAt = 0;
    let endAt = 0;
    let nameAt = 0;
    let nameEnd = 0;
    let at = start;
    while (at < end) {
      const tag = bytes[at++] as number;
      if ((tag & 7) !== 2 || tag >= 0x80) {
        if (tag === SPAN.START) startAt = at;
        else if (tag === SPAN.END) endAt = at;
        else if (tag === SPAN.KIND) {
          if (kind !== ODD) return false;
          kind = bytes[at] as number;
          fingerprint.word(kind);
          if (isServedKind(kind)) roles = this.#rolesOfServed;
        }
        at = this.#cursor.skip(tag, at, end);
        if (at === ODD) return false;
        continue;
      }
      let length = bytes[at++] as number;
      if (length >= 0x80) {
        length = this.#cursor.longLength(at - 1);
        if (length === ODD) return false;
        at = this.#cursor.pos;
      }
      const stop = at + length;
      if (stop > end) return false;
      if (tag === SPAN.ATTRIBUTES) {
        if (kind !== SpanKind.INTERNAL && !this.#scanAttribute(at, stop, roles)) return false;
      } else if (tag === SPAN.TRACE_ID) {
        if (length !== ID_BYTES.TRACE) return false;
        traceAt = at;
      } else if (tag === SPAN.SPAN_ID) {
        if (length !== ID_BYTES.SPAN) return false;
        spanAt = at;
      } else if (tag === SPAN.PARENT_SPAN_ID) {
        if (length !== ID_BYTES.SPAN && length !== 0) return false;
        parentAt = length === 0 ? 0 : at;
      } else if (tag === SPAN.NAME) {
        nameAt = at;
        nameEnd = stop;
      } else if (tag === SPAN.STATUS) {
        if (!this.#scanStatus(at, stop)) return false;
      } else if (tag < 8) return false;
      at = stop;
    }
    if (traceAt === 0 || spanAt === 0 || kind >= 0x80) return false;
    // Nobody asks what work within a process is called, unless it is an observation of ours.
    if (kind !== SpanKind.INTERNAL || equalsAscii(bytes, nameAt, nameEnd, OBSERVATION_SPAN_NAME)) {
      // Else a name that reads like an attribute would be one.
      fingerprint.word(SPAN.NAME);
      fingerprint.bytes(view, nameAt, nameEnd);
    }
    columns.writeTimes(row, view, startAt, endAt);
    if (!columns.writeIds(row, view, traceAt, spanAt, parentAt)) return false;
    columns.from[row] = start;
    columns.to[row] = end;
    const { high, low } = fingerprint;
    columns.keep(this.#spanForms.find(high, low) ?? this.#makeForm(high, low, start, end));
    return true;
  }

  /** One attribute into the fingerprint, as far as it is its form's. @returns whether it is written as expected */
  #scanAttribute(start: number, end: number, roles: RoleTable): boolean {
    const { bytes, view } = this.#cursor;
    if (start === end) return true;
    const length = bytes[start + 1] as number;
    if (bytes[start] !== KEY_VALUE.KEY) return false;
    // No name that anybody reads has 128 bytes. A shorter one's length may be written in more bytes than it needs.
    if (length >= 0x80) return this.#cursor.longLength(start + 1) >= 0x80;
    const keyEnd = start + 2 + length;
    if (keyEnd > end) return false;
    const role = roles.roleAt(view, start + 2, length);
    // A name may come twice, and then the second counts.
    if (role === Role.NONE) return keyEnd === end || bytes[keyEnd] !== KEY_VALUE.KEY;
    if (role === Role.ELSEWHERE) return this.#isLone(keyEnd, end);
    if (!this.#isPlain(keyEnd, end)) return false;
    if (role === Role.STEADY) this.#fingerprint.bytes(view, start, end);
    else this.#scanUrl(start, keyEnd, end, role === Role.WHOLE_URL);
    return true;
  }

  /** Whether an attribute has no more than one value: another key might come after it. */
  #isLone(start: number, end: number): boolean {
    const cursor = this.#cursor;
    return start === end || (cursor.bytes[start] === KEY_VALUE.VALUE && cursor.enter(start + 1, end) === end);
  }

  /** Whether the value of an attribute is there once, and is text or a number, written as every encoder does. */
  #isPlain(start: number, end: number): boolean {
    const cursor = this.#cursor;
    if (start === end || !this.#isLone(start, end)) return false;
    const at = cursor.pos;
    if (at === end) return true;
    const tag = cursor.bytes[at] as number;
    const isKnown =
      tag === ANY_VALUE.STRING || tag === ANY_VALUE.INT || tag === ANY_VALUE.BOOL || tag === ANY_VALUE.DOUBLE;
    return isKnown && cursor.skip(tag, at + 1, end) === end;
  }

  /** What counts of a URL into the fingerprint. `#isPlain` has seen it. @param isWhole whether it may name a host */
  #scanUrl(start: number, keyEnd: number, end: number, isWhole: boolean): void {
    const cursor = this.#cursor;
    const fingerprint = this.#fingerprint;
    const { bytes, view } = cursor;
    fingerprint.bytes(view, start, keyEnd);
    cursor.enter(keyEnd + 1, end);
    const at = cursor.pos;
    const isText = at < end && bytes[at] === ANY_VALUE.STRING;
    if (isText) cursor.enter(at + 1, end);
    const from = cursor.pos;
    const isNoted =
      isText &&
      notePath(fingerprint, cursor, from, end, this.#urlLengthMax) &&
      (!isWhole || noteHead(fingerprint, cursor, from, end, this.#urlLengthMax));
    if (!isNoted) fingerprint.bytes(view, keyEnd, end);
  }

  /** The code into the fingerprint. @returns whether it is written as expected */
  #scanStatus(start: number, end: number): boolean {
    const cursor = this.#cursor;
    for (let at = start; at < end; ) {
      const tag = cursor.bytes[at++] as number;
      if (tag === STATUS.CODE) {
        const code = cursor.bytes[at] as number;
        if (code >= 0x80) return false;
        this.#fingerprint.word(~code);
      }
      at = cursor.skip(tag, at, end);
      if (at === ODD) return false;
    }
    return true;
  }

  #makeResource(high: number, low: number, from: number, to: number): ResourceForm {
    const attributes: AttributeDraft = {};
    spansAt(this.#cursor.bytes, from, to, this.#limits).readResourceFields(attributes);
    const made = new ResourceForm(high, low, attributes);
    this.#resourceForms.set(high, low, made);
    return made;
  }

  #makeForm(high: number, low: number, from: number, to: number): SpanForm {
    const span = new SpanBuilder(this.#limits.linkCountMax);
    spansAt(this.#cursor.bytes, from, to, this.#limits).readFields(span, false);
    const made = new SpanForm(high, low, this.#resource, span.build() as SpanRecord);
    this.#spanForms.set(high, low, made);
    return made;
  }
}

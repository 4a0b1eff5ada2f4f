// SPDX-License-Identifier: Apache-2.0
/**
 * The tags of OTLP's trace messages, as far as they are read: eight times the field's number, and its wire type (0 varint,
 * 1 fixed64, 2 bytes).
 *
 * Source: opentelemetry-proto 1.x, `trace_service.proto`, `trace.proto`, `resource.proto`, `common.proto`.
 */
export const REQUEST = { RESOURCE_SPANS: 10 } as const;
export const RESOURCE_SPANS = { RESOURCE: 10, SCOPE_SPANS: 18 } as const;
export const RESOURCE = { ATTRIBUTES: 10 } as const;
export const SCOPE_SPANS = { SPANS: 18 } as const;
export const SPAN = {
  TRACE_ID: 10,
  SPAN_ID: 18,
  PARENT_SPAN_ID: 34,
  NAME: 42,
  KIND: 48,
  START: 57,
  END: 65,
  ATTRIBUTES: 74,
  EVENTS: 90,
  LINKS: 106,
  STATUS: 122,
} as const;
export const EVENT = { NAME: 18, ATTRIBUTES: 26 } as const;
export const LINK = { TRACE_ID: 10, SPAN_ID: 18 } as const;
export const STATUS = { MESSAGE: 18, CODE: 24 } as const;
export const KEY_VALUE = { KEY: 10, VALUE: 18 } as const;
export const ANY_VALUE = { STRING: 10, BOOL: 16, INT: 24, DOUBLE: 33, ARRAY: 42, KVLIST: 50, BYTES: 58 } as const;
export const ARRAY_VALUE = { VALUES: 10 } as const;

// SPDX-License-Identifier: Apache-2.0
/**
 * Requests as SDKs of other languages write them, by hand: the Collector sends many resources with scopes and schema URLs;
 * Java and Go send trace state, flags and dropped counts; Python numbers its attributes as 64 bits; senders of JSON differ
 * in how they spell enums and integers. Each is a valid request of spans.
 */
import {
  anyValueBytes,
  type Bytes,
  field,
  fixed64,
  flatten,
  hexBytes,
  jsonBytes,
  keyValues,
  spanBytes,
  spanJson,
  tag,
  toProtobuf,
  varint,
  wireSpan,
} from '../engine/wire/otlp-writer.js';
import type { Entry } from './corpus.js';

const text = (key: string, string: string) => ({ key, value: { string } });
const SPAN = wireSpan({
  parentSpanId: 'b1b2b3b4b5b6b7b8',
  attributes: [
    text('http.request.method', 'GET'),
    text('server.address', '10.0.0.7'),
    { key: 'server.port', value: { int: 8080n } },
    { key: 'http.status_code', value: { int: 2n ** 63n - 1n } },
    { key: 'error.type', value: { array: [{ string: 'a' }, { int: -1n }, {}, { kvlist: [text('k', 'v')] }] } },
    { key: 'not.read', value: { kvlist: [text('k', 'v'), { key: 'b', value: { bytes: [1, 2, 3] } }] } },
  ],
  events: [{ name: 'exception', attributes: [text('exception.type', 'java.net.ConnectException')] }],
  links: [{ traceId: '11'.repeat(16), spanId: '22'.repeat(8) }],
  statusCode: 2,
  statusMessage: 'Connection refused',
});

/** `trace_state`, `flags` and the dropped counts. */
const JAVA_EXTRAS: Bytes = [
  field(3, 'vendor=state,other=1'),
  [tag(16, 5), 0x01, 0x03, 0, 0],
  [tag(10, 0), varint(3)],
  [tag(12, 0), varint(4)],
  [tag(14, 0), varint(5)],
];
const SCOPE = field(1, [
  field(1, 'io.opentelemetry.okhttp-3.0'),
  field(2, '2.9.0-alpha'),
  keyValues(3, [text('a', 'b')]),
]);
const RESOURCE = [
  text('service.name', 'shop'),
  text('service.namespace', 'prod'),
  text('telemetry.sdk.language', 'java'),
  text('deployment.environment.name', 'live'),
];

const java = flatten(
  field(1, [
    field(1, [keyValues(1, RESOURCE), tag(2, 0), varint(1)]),
    field(2, [
      SCOPE,
      field(2, [spanBytes(SPAN), JAVA_EXTRAS]),
      field(2, [JAVA_EXTRAS, spanBytes(wireSpan())]),
      field(3, 'https://opentelemetry.io/schemas/1.24.0'),
    ]),
    field(3, 'https://opentelemetry.io/schemas/1.24.0'),
  ]),
);
const collector = toProtobuf(
  Array.from({ length: 3 }, (_, index) => ({
    attributes: [text('service.name', `shop-${index}`), text('service.instance.id', `i-${index}`)],
    spans: [SPAN, wireSpan()],
  })),
);
/** Scopes before the resource, and the spans before the scope: an order that nobody writes and everybody may. */
const backwards = flatten(
  field(1, [
    field(2, [
      field(2, [
        [tag(8, 1), fixed64(9n)],
        [tag(7, 1), fixed64(5n)],
        field(2, hexBytes('0a'.repeat(8))),
        field(1, hexBytes('0b'.repeat(16))),
      ]),
      SCOPE,
    ]),
    field(1, keyValues(1, RESOURCE)),
  ]),
);
const valueFirst = flatten(
  field(
    1,
    field(
      2,
      field(2, [
        spanBytes(wireSpan()),
        field(9, [field(2, anyValueBytes({ double: 0.1 })), field(1, 'panorama.count')]),
      ]),
    ),
  ),
);

const json = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }], droppedAttributesCount: 0 },
      scopeSpans: [
        {
          scope: { name: 'go', version: '1' },
          spans: [
            { ...spanJson(SPAN), kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' }, flags: 257 },
            { ...spanJson(SPAN), startTimeUnixNano: 1_700_000_000_000, traceState: 'a=b', links: null, events: [] },
          ],
          schemaUrl: 'https://opentelemetry.io/schemas/1.24.0',
        },
      ],
    },
  ],
};

const traces = (name: string, encoding: Entry['encoding'], bytes: Uint8Array): Entry => ({
  ...{ name, encoding, bytes },
  signal: 'traces',
});

export const FOREIGN_REQUESTS: readonly Entry[] = [
  traces('as Java writes it', 'protobuf', java),
  traces('as the Collector writes it', 'protobuf', collector),
  traces('backwards', 'protobuf', backwards),
  traces('values before keys', 'protobuf', valueFirst),
  traces('as Go writes it', 'json', jsonBytes(json)),
  traces('with blanks', 'json', jsonBytes(JSON.stringify(json, undefined, 1))),
];

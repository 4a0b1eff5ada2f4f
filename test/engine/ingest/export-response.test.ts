// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { encodeExportResponse, encodeStatus } from '../../../src/engine/ingest/export-response.js';
import { grpcTrailers } from '../../../src/engine/ingest/grpc-status.js';
import { SIGNAL_ROUTES } from '../../../src/engine/ingest/signals.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { field, flatten, tag, varint } from '../wire/otlp-writer.js';

const { traces } = SIGNAL_ROUTES;

describe('an export response', () => {
  it('to a full success is the empty message', () => {
    expect(encodeExportResponse({ rejected: 0, message: '' }, traces, 'protobuf')).toHaveLength(0);
    expect(encodeExportResponse({ rejected: 0, message: '' }, traces, 'json').toString()).toBe('{}');
  });

  it.each([
    [1, 'é'],
    [127, 'x'.repeat(127)],
    [128, 'x'.repeat(128)],
    [2 ** 40, 'x'.repeat(20_000)],
  ])('to a partial success holds %s refused spans and the message', (rejected, message) => {
    const expected = flatten(field(1, [tag(1, 0), varint(rejected), field(2, message)]));
    expect([...encodeExportResponse({ rejected, message }, traces, 'protobuf')]).toEqual([...expected]);
    expect(JSON.parse(encodeExportResponse({ rejected, message }, traces, 'json').toString())).toEqual({
      partialSuccess: { rejectedSpans: String(rejected), errorMessage: message },
    });
  });

  it('may be a warning without a refused span', () => {
    expect([...encodeExportResponse({ rejected: 0, message: 'w' }, traces, 'protobuf')]).toEqual([
      ...flatten(field(1, field(2, 'w'))),
    ]);
  });
});

describe('a status', () => {
  it('is google.rpc.Status', () => {
    expect([...encodeStatus(3, 'no', 'protobuf')]).toEqual([0x08, 3, 0x12, 2, 0x6e, 0x6f]);
    expect(JSON.parse(encodeStatus(3, 'no', 'json').toString())).toEqual({ code: 3, message: 'no' });
  });

  it('says when to come back, where that can help', () => {
    const status = encodeStatus(8, 'no', 'protobuf', 3);
    // details (3) { type_url (1), value (2): retry_delay (1) { seconds (1): 3 } }
    const type = 'type.googleapis.com/google.rpc.RetryInfo';
    const any = [field(1, type), field(2, field(1, [tag(1, 0), varint(3)]))];
    expect([...status]).toEqual([0x08, 8, 0x12, 2, 0x6e, 0x6f, ...flatten(field(3, any))]);
    expect(JSON.parse(encodeStatus(8, 'no', 'json', 3).toString())).toEqual({
      code: 8,
      message: 'no',
      details: [{ '@type': type, retryDelay: '3s' }],
    });
  });

  it('of gRPC never holds what its header cannot carry', () => {
    const trailers = grpcTrailers(new PanoramaError('PANO_WIRE_LIMIT', `\udc00 100%\r\n${'😀'.repeat(5000)}`));
    expect(trailers['grpc-message']).toMatch(/^%EF%BF%BD 100%25%0D%0A(%F0%9F%98%80)+$/);
    expect(trailers['grpc-message'].length).toBeLessThan(8000);
    expect(trailers['grpc-status-details-bin']).toBeUndefined();
  });
});

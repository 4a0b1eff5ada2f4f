// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { encodeExportResponse, encodeStatus, grpcStatus } from '../../../src/engine/ingest/export-response.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { field, flatten, tag, varint } from '../wire/otlp-writer.js';

describe('an export response', () => {
  it('to a full success is the empty message', () => {
    expect(encodeExportResponse({ rejected: 0, message: '' }, 'protobuf')).toHaveLength(0);
    expect(encodeExportResponse({ rejected: 0, message: '' }, 'json').toString()).toBe('{}');
  });

  it.each([
    [1, 'é'],
    [127, 'x'.repeat(127)],
    [128, 'x'.repeat(128)],
    [2 ** 40, 'x'.repeat(20_000)],
  ])('to a partial success holds %s refused spans and the message', (rejected, message) => {
    const expected = flatten(field(1, [tag(1, 0), varint(rejected), field(2, message)]));
    expect([...encodeExportResponse({ rejected, message }, 'protobuf')]).toEqual([...expected]);
    expect(JSON.parse(encodeExportResponse({ rejected, message }, 'json').toString())).toEqual({
      partialSuccess: { rejectedSpans: String(rejected), errorMessage: message },
    });
  });

  it('may be a warning without a refused span', () => {
    expect([...encodeExportResponse({ rejected: 0, message: 'w' }, 'protobuf')]).toEqual([
      ...flatten(field(1, field(2, 'w'))),
    ]);
  });
});

describe('a status', () => {
  it('is google.rpc.Status', () => {
    expect([...encodeStatus(3, 'no', 'protobuf')]).toEqual([0x08, 3, 0x12, 2, 0x6e, 0x6f]);
    expect(JSON.parse(encodeStatus(3, 'no', 'json').toString())).toEqual({ code: 3, message: 'no' });
  });

  it('of gRPC never holds what its header cannot carry', () => {
    const { details } = grpcStatus(new PanoramaError('PANO_WIRE_LIMIT', `\udc00${'😀'.repeat(5000)}`));
    expect(() => encodeURI(details)).not.toThrow();
    expect(encodeURI(details).length).toBeLessThan(8000);
  });
});

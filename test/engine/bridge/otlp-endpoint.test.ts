// SPDX-License-Identifier: Apache-2.0
/** Endpoints as people write them. */
import { describe, expect, it } from 'vitest';
import { endpointFor, parseOtlpEndpoint } from '../../../src/engine/bridge/otlp-endpoint.js';

function urls(text: string): readonly string[] {
  const endpoint = parseOtlpEndpoint(text);
  return endpoint ? [endpoint.protocol, endpointFor(endpoint, 'metrics'), endpointFor(endpoint, 'logs')] : [];
}

describe('an endpoint', () => {
  it.each([
    ['http://collector:4318', 'http', 'http://collector:4318/v1/metrics', 'http://collector:4318/v1/logs'],
    ['http://collector', 'http', 'http://collector:4318/v1/metrics', 'http://collector:4318/v1/logs'],
    ['https://vendor/otlp/', 'http', 'https://vendor:4318/otlp/v1/metrics', 'https://vendor:4318/otlp/v1/logs'],
    ['grpc://[::1]:4317', 'grpc', 'http://[::1]:4317', 'http://[::1]:4317'],
    ['grpcs://collector/', 'grpc', 'https://collector:4317', 'https://collector:4317'],
  ])('%s is one', (text, ...expected) => {
    expect(urls(text)).toEqual(expected);
  });

  it.each([
    'collector:4318',
    'ftp://collector',
    'http://',
    'http://a b',
    'http://user:secret@collector',
    'grpc://collector/path',
    'http://collector?x',
    'http://collector:99999',
  ])('%s is none', (text) => {
    expect(urls(text)).toEqual([]);
  });
});

// SPDX-License-Identifier: Apache-2.0
/** Which calls are health checks: the system's own view, never a caller's. */
import { describe, expect, it } from 'vitest';
import { isProbe } from '../../src/observe/probe.js';

describe('a health check', () => {
  it.each([
    '/health',
    '/healthz',
    '/healthy',
    '/healthcheck',
    '/health-check',
    '/health/live',
    '/health/ready/',
    '/livez',
    '/live',
    '/liveness',
    '/alive',
    '/ready',
    '/readyz',
    '/readiness',
    '/ping',
    '/up',
    '/_health',
    '/api/health',
    '/actuator/health',
    '/actuator/health/readiness',
    '/-/ready',
    '/-/healthy',
    '/HealthZ',
  ])('is a request for %s, by every name that has a path', (path) => {
    for (const name of ['url.template', 'http.route', 'url.path', 'http.target']) {
      expect(isProbe({ [name]: path })).toBe(true);
    }
    expect(isProbe({ 'http.target': `${path}?verbose=1` })).toBe(true);
    for (const name of ['url.full', 'http.url']) {
      expect(isProbe({ [name]: `http://10.0.0.7:8080${path}` })).toBe(true);
      expect(isProbe({ [name]: `https://web${path}?verbose=1#top` })).toBe(true);
    }
  });

  it('is a call of the gRPC health-checking protocol, by the older and the newer conventions', () => {
    expect(isProbe({ 'rpc.service': 'grpc.health.v1.Health', 'rpc.method': 'Check' })).toBe(true);
    expect(isProbe({ 'rpc.method': 'grpc.health.v1.Health/Watch' })).toBe(true);
  });
});

describe('no health check', () => {
  it.each([
    '/',
    '/orders/status',
    '/orders/health',
    '/healthcare',
    '/pingpong',
    '/upload',
    '/update',
    '/users/up',
    '/readings',
    '/health/report',
    '',
  ])('is a request for %s', (path) => {
    expect(isProbe({ 'url.path': path })).toBe(false);
    expect(isProbe({ 'url.full': `http://health${path}` })).toBe(false);
  });

  it('is any other gRPC call, whatever its path', () => {
    expect(isProbe({ 'rpc.service': 'shop.Orders', 'rpc.method': 'Ping', 'url.path': '/healthz' })).toBe(false);
  });

  it('is a span without a path', () => {
    expect(isProbe({})).toBe(false);
  });
});

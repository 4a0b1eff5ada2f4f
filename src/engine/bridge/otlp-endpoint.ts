// SPDX-License-Identifier: Apache-2.0
/**
 * Where OTLP goes, as a user writes it: `http://collector:4318` for OTLP over HTTP, `grpc://collector:4317` for gRPC, both with an
 * `s` for TLS. What else an exporter needs (headers, certificates, compression) it takes from OpenTelemetry's own environment
 * variables.
 *
 * Source: OpenTelemetry specification, "OpenTelemetry Protocol Exporter": a base URL has the signal's path appended.
 */

export interface OtlpEndpoint {
  readonly protocol: 'http' | 'grpc';
  readonly isSecure: boolean;
  /** `host:port`, and what path there is before that of a signal, without its last slash. */
  readonly base: string;
}

const DEFAULT_PORTS = { http: 4318, grpc: 4317 } as const;

/** What was written, or `undefined` where it is none. */
export function parseOtlpEndpoint(text: string): OtlpEndpoint | undefined {
  const match = /^(http|grpc)(s?):\/\/([^/?#\s@]+)(\/[^?#\s]*)?$/.exec(text);
  if (!match) return undefined;
  const [, scheme = '', secure, authority = '', path = ''] = match;
  const protocol = scheme as OtlpEndpoint['protocol'];
  if (protocol === 'grpc' && path.replaceAll('/', '') !== '') return undefined;
  if (!URL.canParse(`http://${authority}`)) return undefined;
  const host = /:\d+$/.test(authority) ? authority : `${authority}:${DEFAULT_PORTS[protocol]}`;
  return { protocol, isSecure: secure === 's', base: host + path.replace(/\/+$/, '') };
}

/** The URL that an exporter of a signal is given. */
export function endpointFor({ protocol, isSecure, base }: OtlpEndpoint, signal: 'metrics' | 'logs'): string {
  const url = `${isSecure ? 'https' : 'http'}://${base}`;
  return protocol === 'grpc' ? url : `${url}/v1/${signal}`;
}

// SPDX-License-Identifier: Apache-2.0
/** How a call looks in the attributes of its spans: what was asked, and how it ended on either side. */
import type { Attributes } from '../../../src/model/attributes.js';
import type { Line } from './line.js';
import { reasonNamed } from './observations.js';

/** How a call ended. */
export interface Ending {
  readonly client: Attributes;
  readonly server: Attributes;
  /** Whether whoever was called made a span of it. */
  readonly isServed: boolean;
}

const QUERY = /^(SELECT|INSERT|UPDATE|DELETE)\b\s*(.*)$/;
const RPC = /^([\w.]+)\/(\w+)$/;
const HTTP = /^([A-Z]+)(?: (\S+))?$/;

/** Endings by the reason that the rules will find in them. */
const ENDINGS: Readonly<Record<string, Ending>> = {
  ok: answered(200),
  request_fault: answered(404),
  throttled: answered(429),
  server_error: answered(500),
  rpc_error: {
    client: { 'rpc.grpc.status_code': 13, 'error.type': '13' },
    server: { 'rpc.grpc.status_code': 13, 'error.type': '13' },
    isServed: true,
  },
  // The callee knows nothing of its caller's patience, and answers in the end.
  timeout: { client: { 'error.type': 'TimeoutError' }, server: answered(200).server, isServed: true },
  error: { client: { 'error.type': 'Error' }, server: { 'error.type': 'Error' }, isServed: true },
  refused: unserved('ECONNREFUSED'),
  reset: unserved('ECONNRESET'),
  name_resolution: unserved('ENOTFOUND'),
};

/** Whether an operation is a database's. */
export function isQuery(operation: string): boolean {
  return QUERY.test(operation);
}

export function operationAttributes(operation: string): Attributes {
  const [, verb, collection] = QUERY.exec(operation) ?? [];
  if (verb !== undefined) {
    const named = collection === '' ? {} : { 'db.collection.name': collection };
    return { 'db.system.name': 'postgresql', 'db.operation.name': verb, ...named };
  }
  const [, service, rpc] = RPC.exec(operation) ?? [];
  if (rpc !== undefined) return { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': rpc };
  const [, method, template] = HTTP.exec(operation) ?? [];
  return { 'http.request.method': method ?? operation, ...(template !== undefined && { 'url.template': template }) };
}

export function endingNamed(word: string, line: Line): Ending {
  return ENDINGS[reasonNamed(word, line)] ?? line.refuse(`no call ends so: ${word}`);
}

function answered(code: number): Ending {
  const attributes = { 'http.response.status_code': code, ...(code >= 500 && { 'error.type': String(code) }) };
  return { client: attributes, server: attributes, isServed: true };
}

function unserved(errorType: string): Ending {
  return { client: { 'error.type': errorType }, server: {}, isServed: false };
}

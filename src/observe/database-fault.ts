// SPDX-License-Identifier: Apache-2.0
/**
 * Whose fault a database's error is. A database answers a wrong statement with an error as it answers a right one with
 * rows, and a table of codes tells such an error from one of its own. Where the code is no attribute, it is looked for in
 * the words of the error: stock instrumentations of today write it nowhere else, or not at all.
 *
 * Source: OpenTelemetry semantic conventions for database client spans, which say what `db.response.status_code` is for each
 * system; `error.type` should be the same.
 */
import { SEMCONV, textOf } from '../model/attributes.js';
import type { ObservableSpan } from '../model/span.js';

/** `request`: the server has answered, and the statement was wrong. `server`: it could not do what it was asked. */
export type DatabaseFault = 'request' | 'server';

/**
 * SQLSTATE classes that tell of the server rather than of the statement: connection, resources, operator intervention,
 * system and internal errors (ISO 9075; PostgreSQL appendix A). Any other class is the statement's own fault.
 */
export const SQLSTATE_FAILING_CLASSES: readonly string[] = ['08', '53', '57', '58', 'XX'];

/**
 * Databases whose status codes are SQLSTATEs, by their current and their deprecated names. Others have codes of their
 * own that can look the same: MongoDB's 11600 is a shutdown, and no class `11` of anything.
 */
export const SQLSTATE_SYSTEMS: readonly string[] = [
  'postgresql',
  'cockroachdb',
  'aws.redshift',
  'redshift',
  'mysql',
  'mariadb',
  'ibm.db2',
  'db2',
  'h2database',
  'h2',
  'hsqldb',
  'derby',
  'teradata',
  'other_sql',
];

/** Databases whose status codes are MySQL's error numbers, beside SQLSTATEs, which some drivers give. */
const MYSQL_SYSTEMS: readonly string[] = ['mysql', 'mariadb'];

/**
 * MySQL's and MariaDB's error numbers that tell of the server: storage, memory, connections, shutdown, the network, a full
 * or broken table, read-only mode, a statement that took too long. Any other of the server's (1000–1999, 3000 and more) is
 * the statement's own; those from 2000 to 2999 are a client's, who has lost the server.
 */
export const MYSQL_FAILING_NUMBERS: readonly (readonly [from: number, to: number])[] = [
  [1021, 1021],
  [1023, 1026],
  [1030, 1030],
  [1033, 1043],
  [1053, 1053],
  [1076, 1080],
  [1105, 1105],
  [1114, 1114],
  [1119, 1119],
  [1129, 1129],
  [1135, 1135],
  [1152, 1152],
  [1154, 1161],
  [1184, 1184],
  [1194, 1195],
  [1203, 1203],
  [1205, 1206],
  [1290, 1290],
  [1296, 1297],
  [1836, 1836],
  [1927, 1927],
  [1969, 1969],
  [2000, 2999],
  [3024, 3024],
  [3168, 3169],
];

/**
 * How MySQL and MariaDB begin the commonest errors that are the statement's own, for instrumentations that hand on nothing
 * but the message. Any other message stays a failure.
 */
export const MYSQL_REQUEST_FAULT: RegExp =
  /^(?:Duplicate (?:entry|column|key|foreign)|You have an error in your SQL|Table '.*' (?:doesn't exist|already exists)|Unknown (?:table|column|database|storage|prepared)|Column '.*' (?:cannot be null|in .* is ambiguous)|Column count doesn't match|Field '.*' doesn't have a default|Data too long|Out of range value|Incorrect \S+ value|Truncated incorrect|Data truncated|Cannot (?:add or update a child|delete or update a parent) row|Can't (?:create|drop) (?:table|database)|Check constraint|CONSTRAINT .* failed|Access denied|\S+ command denied|Deadlock found|Division by|Subquery returns more than|Invalid (?:use|default))/i;

const REDIS_SYSTEMS: readonly string[] = ['redis', 'valkey'];

/**
 * Error replies of Redis, by their prefix, that tell of the server: it starts, has no memory, runs a script, cannot write,
 * lost its cluster, master or replicas, or has no connection left. Any other prefix is the command's own fault.
 */
export const REDIS_FAILING_REPLY: RegExp =
  /^(?:LOADING|OOM|BUSY|MISCONF|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|READONLY|IOERR|ERR max number of clients)\b/;

/** A word in capitals that begins a reply is its prefix by convention (RESP, simple errors). */
const REDIS_PREFIX = /^(?:ERR|EXECABORT|(?!E)[A-Z]{2,})(?: |$)/;

const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
const SQLSTATE_IN_WORDS = /\b(?:code|SQLSTATE):? \[?((?=[A-Z]*\d)[0-9A-Z]{5})\b/;
const MYSQL_NUMBER = /^\d{4}$/;
const MYSQL_NUMBER_IN_WORDS = /^(?:\(|ERROR )(\d{4})\b/i;

/** Whose fault the error of a span is; `undefined` where it is no database's, or says nothing that is known. */
export function databaseFaultOf(span: ObservableSpan): DatabaseFault | undefined {
  const { attributes } = span;
  const system = textOf(attributes[SEMCONV.DB_SYSTEM_NAME], attributes[SEMCONV.DB_SYSTEM]);
  if (system === undefined) return undefined;
  const codes = [textOf(attributes[SEMCONV.DB_RESPONSE_STATUS_CODE]), textOf(attributes[SEMCONV.ERROR_TYPE])];
  const words = [span.exception?.message, span.statusMessage];
  if (REDIS_SYSTEMS.includes(system)) return redisFault([codes[0], ...words]);
  const number = MYSQL_SYSTEMS.includes(system) ? found(codes, MYSQL_NUMBER, words, MYSQL_NUMBER_IN_WORDS) : undefined;
  if (number !== undefined) return numberFault(Number(number));
  const state = SQLSTATE_SYSTEMS.includes(system) ? found(codes, SQLSTATE, words, SQLSTATE_IN_WORDS) : undefined;
  if (state !== undefined) return SQLSTATE_FAILING_CLASSES.includes(state.slice(0, 2)) ? 'server' : 'request';
  const isMysqlsWord = MYSQL_SYSTEMS.includes(system) && words.some((text) => MYSQL_REQUEST_FAULT.test(text ?? ''));
  return isMysqlsWord ? 'request' : undefined;
}

function numberFault(number: number): DatabaseFault {
  return MYSQL_FAILING_NUMBERS.some(([from, to]) => number >= from && number <= to) ? 'server' : 'request';
}

function redisFault(texts: readonly (string | undefined)[]): DatabaseFault | undefined {
  const reply = texts.find((text) => REDIS_PREFIX.test(text ?? ''));
  if (reply === undefined) return undefined;
  return REDIS_FAILING_REPLY.test(reply) ? 'server' : 'request';
}

/** The first of the codes that is one, else the first in words. */
function found(
  codes: readonly (string | undefined)[],
  code: RegExp,
  words: readonly (string | undefined)[],
  inWords: RegExp,
): string | undefined {
  for (const text of codes) if (text !== undefined && code.test(text)) return text;
  for (const text of words) {
    const match = inWords.exec(text ?? '')?.[1];
    if (match !== undefined) return match;
  }
  return undefined;
}

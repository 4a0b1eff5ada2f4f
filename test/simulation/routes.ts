// SPDX-License-Identifier: Apache-2.0
/**
 * How a call from somebody to somebody looks in telemetry: the attributes of its span for each of its endings, and what our
 * own rules make of them. Worked out once for each pair, since a world makes thousands of calls of it.
 */
import { type Attributes, PANORAMA } from '../../src/model/attributes.js';
import { type ObservableSpan, SpanKind, SpanStatusCode } from '../../src/model/span.js';
import { type Call, callOf } from '../../src/observe/observe.js';
import { type Outcome, outcomeOf } from '../../src/observe/outcome.js';
import { DEFAULT_RULES } from '../../src/observe/rules.js';
import { knowsNoAddress } from '../../src/observe/subject.js';
import type { Ending } from './calls.js';
import type { Place, Places } from './places.js';
import type { Edge, Instance, Service } from './topology.js';

/** A span of a call with one ending. */
export interface EndedSpan {
  readonly attributes: Attributes;
  /** The same, of a call that a guest has accounted for. */
  readonly accounted: Attributes;
  readonly statusCode: SpanStatusCode;
  readonly outcome: Outcome;
}

export interface Route {
  readonly spanName: string;
  readonly operation: string;
  /** Whom the caller knows while the call is out, and once it is answered. */
  readonly asked: Call;
  readonly answered: Call;
  /** Who is accused, and who is where the answer has named its giver. */
  readonly place: Place;
  readonly answeredPlace: Place;
  readonly endings: Readonly<Record<Ending, EndedSpan>>;
}

const ERROR_TYPES: Readonly<Record<Exclude<Ending, 'ok' | 'server_error'>, string>> = {
  refused: 'ECONNREFUSED',
  timeout: 'ETIMEDOUT',
  reset: 'ECONNRESET',
  name_resolution: 'ENOTFOUND',
};

const HTTP_PORT = 8080;
const DATABASE_PORT = 5432;
const SYSTEM = 'postgresql';

/** Gives everybody the names under which the engine may come to know them. */
export function nameAll(services: readonly Service[], places: Places): void {
  for (const service of services) {
    const isDatabase = service.telemetry === 'none';
    for (const instance of service.instances) {
      places.name(instance.place, instance.name);
      const address = `${instance.host}:${isDatabase ? DATABASE_PORT : HTTP_PORT}`;
      places.name(instance.place, isDatabase ? `${SYSTEM}/${address}` : address);
    }
    places.name(service.place, service.name);
    const shared = `${service.name}.internal:${isDatabase ? DATABASE_PORT : HTTP_PORT}`;
    // A name with one instance behind it becomes that instance's, once the engine has learned it; a database's is not learned.
    const [only, another] = service.instances;
    const place = only && !another && !isDatabase ? only.place : service.place;
    places.name(place, isDatabase ? `${SYSTEM}/${shared}` : shared);
  }
}

export class Routes {
  readonly #places: Places;
  readonly #known = new Map<number, Route>();

  constructor(places: Places) {
    this.#places = places;
  }

  of(edge: Edge, caller: Service, callee: Instance): Route {
    const key = edge.id * 1_000_000 + callee.id;
    let route = this.#known.get(key);
    if (!route) {
      route = routeOf(edge, caller, callee, this.#places);
      this.#known.set(key, route);
    }
    return route;
  }
}

function routeOf(edge: Edge, caller: Service, callee: Instance, places: Places): Route {
  const { target } = edge;
  const isDatabase = target.service.telemetry === 'none';
  const asked = { ...whom(edge, caller, callee, isDatabase), ...what(edge, isDatabase) };
  const spanName = isDatabase ? 'SELECT' : 'GET';
  const call = callOf({ name: spanName, attributes: asked }, knowsNoAddress, DEFAULT_RULES);
  const named = call && places.named(call.subject.text);
  // Of two that have had an address one after the other, the name is the first one's.
  const place = named === callee.place.before ? callee.place : named;
  if (!call || !place) throw new Error(`nobody is known as ${call?.subject.text ?? JSON.stringify(asked)}`);
  // A callee with a guest of its own names itself in its answer to another.
  const isNamed = caller.telemetry === 'guest' && target.service.telemetry === 'guest';
  const answered: Call = isNamed ? { ...call, subject: { text: callee.name, resolution: 'instance' } } : call;
  return {
    spanName,
    operation: call.operation,
    asked: call,
    answered,
    place,
    answeredPlace: isNamed ? callee.place : place,
    endings: {
      ok: ended(asked, isDatabase ? {} : { 'http.response.status_code': 200 }, isDatabase, true),
      server_error: ended(
        asked,
        isDatabase
          ? { 'db.response.status_code': '57P03', 'error.type': '57P03' }
          : { 'http.response.status_code': 500, 'error.type': '500' },
        isDatabase,
      ),
      refused: ended(asked, { 'error.type': ERROR_TYPES.refused }, isDatabase),
      timeout: ended(asked, { 'error.type': ERROR_TYPES.timeout }, isDatabase),
      reset: ended(asked, { 'error.type': ERROR_TYPES.reset }, isDatabase),
      name_resolution: ended(asked, { 'error.type': ERROR_TYPES.name_resolution }, isDatabase),
    },
  };
}

function whom({ addressing, target }: Edge, caller: Service, callee: Instance, isDatabase: boolean): Attributes {
  const port = isDatabase ? DATABASE_PORT : HTTP_PORT;
  if (addressing === 'shared') return { 'server.address': `${target.service.name}.internal`, 'server.port': port };
  if (addressing === 'address') return { 'server.address': callee.host, 'server.port': port };
  // A guest's host can name instances; stock instrumentations name the peer's service at the most.
  if (caller.telemetry === 'guest') return { [PANORAMA.SUBJECT]: callee.name };
  return { 'service.peer.name': target.service.name };
}

function what({ target }: Edge, isDatabase: boolean): Attributes {
  return isDatabase
    ? { 'db.system.name': SYSTEM, 'db.operation.name': 'SELECT', 'db.collection.name': target.name }
    : { 'http.request.method': 'GET', 'url.template': `/${target.name}` };
}

function ended(asked: Attributes, more: Attributes, isDatabase: boolean, isWell = false): EndedSpan {
  const attributes = { ...asked, ...more };
  const statusCode = isWell ? SpanStatusCode.UNSET : SpanStatusCode.ERROR;
  const span: ObservableSpan = {
    name: isDatabase ? 'SELECT' : 'GET',
    kind: SpanKind.CLIENT,
    attributes,
    statusCode,
    statusMessage: '',
    exception: undefined,
    durationMs: 1,
  };
  const outcome = outcomeOf(span, undefined);
  if (!outcome) throw new Error(`nothing is made of ${JSON.stringify(attributes)}`);
  return { attributes, accounted: { ...attributes, [PANORAMA.OBSERVED]: true }, statusCode, outcome };
}

// SPDX-License-Identifier: Apache-2.0
/**
 * A failure as a request brings it: several instances call a subject that nobody has called before, and all their calls of
 * the last second fail. That convicts it at once.
 */
import { KIND, resourceSpans, span } from './otlp-message.js';
import { joined, ownedBy } from './piece.js';
import { PREFIX_BYTES } from './request-template.js';
import { resourceOf, scopeOfClient } from './span-attributes.js';
import { SpotWriter } from './spot-writer.js';

const OBSERVER_COUNT = 5;

/** Calls of each observer, a tenth of a second apart. Four would do (docs/judging.md), one more is for sure. */
const CALLS_PER_OBSERVER = 5;
const CALL_GAP_US = 100_000;
const CALL_US = 3000;

/** Where the subject's number goes: eight hexadecimal digits. */
const NUMBER = '00000000';
const HOST = `new-${NUMBER}.internal`;
const PORT = 8080;

/** Traces of failures have numbers above those of the load. */
const FIRST_TRACE = 0x8000_0000;

export class FailingCalls {
  /** A gRPC frame; the message is what comes after its first `PREFIX_BYTES`. */
  readonly frame: Buffer;
  readonly #writer: SpotWriter;
  readonly #numbersAt: readonly number[];
  #count = 0;

  /** @param salt a whole number that no other run has */
  constructor(salt: number) {
    const content = joined(
      Array.from({ length: OBSERVER_COUNT }, (_, observer) =>
        resourceSpans(resourceOf(observer, 0), [
          {
            ...scopeOfClient('http'),
            spans: Array.from({ length: CALLS_PER_OBSERVER }, (_, call) => failed(observer, call)),
          },
        ]),
      ),
    );
    this.frame = Buffer.concat([Buffer.alloc(PREFIX_BYTES), content.bytes]);
    this.frame.writeUInt32BE(content.bytes.length, 1);
    const spots = content.spots.map((spot) => ({ ...spot, at: spot.at + PREFIX_BYTES }));
    this.#writer = new SpotWriter(this.frame, spots, OBSERVER_COUNT * CALLS_PER_OBSERVER, salt);
    this.#numbersAt = placesOf(NUMBER, this.frame);
  }

  /** Makes it another failure, of now. @returns the subject, as the engine names it */
  renew(nowMs: number): string {
    const number = this.#count.toString(16).padStart(NUMBER.length, '0');
    for (const at of this.#numbersAt) this.frame.write(number, at, 'latin1');
    this.#writer.beginLap(nowMs);
    for (let owner = 0; owner < OBSERVER_COUNT * CALLS_PER_OBSERVER; owner++) {
      const endUs = (owner % CALLS_PER_OBSERVER) * CALL_GAP_US;
      const trace = FIRST_TRACE + this.#count * OBSERVER_COUNT * CALLS_PER_OBSERVER + owner;
      this.#writer.write(owner, trace, 0, { startUs: endUs + CALL_US, endUs, parent: -1 }, 0);
    }
    this.#count++;
    return `${HOST.replace(NUMBER, number)}:${PORT}`;
  }
}

function failed(observer: number, call: number) {
  const attributes = {
    'http.request.method': 'GET',
    'http.response.status_code': 503,
    'error.type': '503',
    'url.full': `http://${HOST}:${PORT}/api/v1/items`,
    'server.address': HOST,
    'server.port': PORT,
    'network.protocol.version': '1.1',
  };
  const parts = { name: 'GET', kind: KIND.client, attributes, status: 'error', hasParent: false } as const;
  return ownedBy(observer * CALLS_PER_OBSERVER + call, span(parts));
}

function placesOf(text: string, within: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = within.indexOf(text); at >= 0; at = within.indexOf(text, at + 1)) places.push(at);
  return places;
}

// SPDX-License-Identifier: Apache-2.0
/** Who the observer is: what the resource says of the process, at once or later, and what stands in for it. */
import { resourceFromAttributes } from '@opentelemetry/resources';
import { afterEach, describe, expect, it } from 'vitest';
import { parseIdentity } from '../../src/model/identity.js';
import { IDENTITY_LENGTH_MAX } from '../../src/model/limits.js';
import { listenToDiagnostics, startGuest } from './guest.js';

let heard: ReturnType<typeof listenToDiagnostics> | undefined;
afterEach(() => heard?.stop());

/** A resource whose instance is found by a detector that the test lets finish. */
function detecting(attributes: Record<string, string> = {}) {
  let detect: (id: string | undefined) => void = () => undefined;
  const pending = new Promise<string | undefined>((resolve) => {
    detect = resolve;
  });
  const resource = resourceFromAttributes({ 'service.name': 'client', 'service.instance.id': pending, ...attributes });
  return { resource, detect: (id: string | undefined) => detect(id) };
}

const observers = (guest: ReturnType<typeof startGuest>) =>
  guest.exporter.spans.map(({ attributes }) => attributes['panorama.observer']);

describe('the observer', () => {
  it('is the service and the instance of the resource', () => {
    const resource = resourceFromAttributes({
      'service.name': 'client',
      'service.namespace': 'shop',
      'service.instance.id': 'c1',
    });
    const guest = startGuest({}, { resource });
    guest.call('GET web:80 503');
    guest.yield();
    expect(observers(guest)).toEqual(['shop:client/c1']);
  });

  it('without an instance id has one made up, the same for all its observations', () => {
    const guest = startGuest({}, { resource: resourceFromAttributes({ 'service.name': 'client' }) });
    guest.call('GET web:80 503');
    guest.clock.advance(1000);
    guest.call('GET web:80 503');
    guest.yield();
    const [first, second] = observers(guest);
    expect(first).toMatch(/^client\/[0-9a-f]{16}$/);
    expect(second).toBe(first);
  });

  it('of a long name is within the bound and can be read', () => {
    const guest = startGuest(
      {},
      { resource: resourceFromAttributes({ 'service.name': 'x'.repeat(IDENTITY_LENGTH_MAX) }) },
    );
    guest.call('GET web:80 503');
    guest.yield();
    expect(parseIdentity(String(observers(guest)[0]))).toBeDefined();
  });

  it('is each resource for its own calls, where two providers share a processor', () => {
    const guest = startGuest();
    const other = startGuest(
      {},
      {
        resource: resourceFromAttributes({ 'service.name': 'other', 'service.instance.id': 'o1' }),
        spanProcessors: [guest.processor],
      },
    );
    guest.call('GET web:80 503');
    other.call('GET db:80 503');
    guest.yield();
    expect(observers(guest)).toEqual(['client/c1', 'other/o1']);
  });
});

describe('while resource detectors are at work', () => {
  it('what was seen waits, and then bears the identity that they found', async () => {
    heard = listenToDiagnostics();
    const { resource, detect } = detecting();
    const guest = startGuest({}, { resource });
    guest.call('GET web:80 503');
    guest.clock.advance(1000);
    expect(guest.exporter.batches).toEqual([]);
    detect('c1');
    await guest.processor.forceFlush();
    expect(observers(guest)).toEqual(['client/c1']);
    expect(heard.error).not.toHaveBeenCalled();
  });

  it('that find nothing, an instance is made up', async () => {
    const { resource, detect } = detecting();
    const guest = startGuest({}, { resource });
    guest.call('GET web:80 503');
    guest.yield();
    detect(undefined);
    await guest.processor.forceFlush();
    expect(observers(guest)[0]).toMatch(/^client\/[0-9a-f]{16}$/);
  });

  it('that never end, what was seen is given up in time, and counted', async () => {
    heard = listenToDiagnostics();
    const { resource, detect } = detecting();
    const guest = startGuest({ exportTimeoutMs: 5000 }, { resource });
    guest.call('GET web:80 503');
    const flushed = guest.processor.forceFlush();
    guest.clock.advance(5000);
    await flushed;
    expect(guest.processor.counts()).toMatchObject({ failedObservations: 1, exportedObservations: 0 });
    detect('too late');
    await resource.waitForAsyncAttributes?.();
    await guest.processor.forceFlush();
    expect(guest.exporter.batches).toEqual([]);
  });
});

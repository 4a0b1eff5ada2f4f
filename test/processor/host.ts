// SPDX-License-Identifier: Apache-2.0
/** A host that goes about its work beside the guest, and writes down all that it could notice of it. */
import { SpanKind } from '@opentelemetry/api';
import { FakeClock } from '../support/fake-clock.js';
import { begin, end } from './acquainted.js';
import { type Guest, startGuest } from './guest.js';

export const JOB = { subject: 'worker/w1', operation: 'job' };

/** An error of the host itself, which it expects back. */
export const OWN: Error = new Error('the host’s own');

/** Calls that `live` makes before it shuts the processor down; one of them is abandoned. */
export const CALLS = 25;

/** Waits as a host does, while time passes; not for ever. */
export async function inTime<T>(clock: FakeClock, work: () => T | Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  const result = Promise.resolve().then(work);
  result.then(over, over);
  for (let turn = 0; turn < 200; turn++) {
    await new Promise(setImmediate);
    if (isOver) return result;
    if (turn > 5) clock.advance(500);
  }
  throw new Error('the host is kept waiting');
}

/** What a host can see of a span, but for what the guest has written on it. */
function shown(span: object): unknown {
  const { ended, attributes } = span as { ended: boolean; attributes: Record<string, unknown> };
  return [ended, Object.entries(attributes).filter(([name]) => !name.startsWith('panorama.'))];
}

/**
 * Calls that end well and badly, one that hangs for half a second and is told of twice, the host's own words, a flush, a shutdown.
 *
 * @param strike what happens when calls are known already
 */
export async function live(guest: Guest, strike: () => void = () => undefined): Promise<unknown[]> {
  const noticed: unknown[] = [];
  const { observer } = guest.processor;
  const notice = async (work: () => unknown) => {
    try {
      noticed.push(await inTime(guest.clock, async () => work()));
    } catch (error) {
      noticed.push(error === OWN ? 'its own error' : { thrown: error });
    }
  };
  const unhandled = (error: unknown) => noticed.push({ unhandled: error });
  process.on('unhandledRejection', unhandled);
  for (let call = 0; call < 20; call++) await notice(() => shown(guest.call('GET web:80 200')));
  await notice(() => guest.clock.advance(1000));
  strike();
  await notice(() => {
    const span = begin(guest);
    guest.clock.advance(1200);
    end(guest, span);
    return shown(span);
  });
  for (const outcome of ['503', 'ECONNREFUSED', 'AbortError', '200']) {
    await notice(() => shown(guest.call(`GET web:80 ${outcome}`)));
  }
  await notice(() => shown(guest.call('GET in', { kind: SpanKind.SERVER })));
  await notice(() => observer.observe(JOB, () => 7));
  await notice(() => observer.observe(JOB, async () => 8));
  await notice(() => observer.observe(JOB, () => Promise.reject(OWN)));
  await notice(() => observer.observe({ part: 'writer', operation: 'flush' }, () => 9));
  await notice(() => observer.begin(JOB).unhealthy(OWN));
  await notice(() => observer.pending()?.healthy());
  await notice(() => observer.report({ ...JOB, status: 'unhealthy', error: OWN }));
  await notice(() => guest.clock.advance(30_000));
  await notice(() => guest.processor.forceFlush());
  await notice(() => guest.processor.shutdown());
  await notice(() => shown(guest.call('GET web:80 200')));
  await notice(() => guest.clock.advance(30_000));
  process.off('unhandledRejection', unhandled);
  return noticed;
}

/** What a host notices that has no trouble with its guest. */
export function undisturbed(): Promise<unknown[]> {
  return live(startGuest({ clock: new FakeClock() }));
}

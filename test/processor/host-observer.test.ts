// SPDX-License-Identifier: Apache-2.0
/** The observer of the process, for code that has no processor at hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observer as hostObserver } from '../../src/processor/host-observer.js';
import { type Guest, startGuest } from './guest.js';

const JOB = { subject: 'worker/w1', operation: 'job' };

let guest: Guest;
beforeEach(() => {
  guest = startGuest();
  guest.tracer.startSpan('start').end();
});
afterEach(() => guest.processor.shutdown());

describe('the observer of the process', () => {
  it('speaks through the next processor when the first is over', async () => {
    const next = startGuest();
    next.tracer.startSpan('start').end();
    hostObserver.report({ ...JOB, status: 'unhealthy' });
    await guest.processor.shutdown();
    hostObserver.report({ ...JOB, status: 'dead' });
    await next.processor.shutdown();
    expect(guest.told()).toEqual(['job worker/w1 unhealthy reported 1']);
    expect(next.told()).toEqual(['job worker/w1 dead reported 1']);
  });

  it('speaks through the first processor, and through nobody when all are over', async () => {
    hostObserver.report({ ...JOB, status: 'unhealthy' });
    guest.yield();
    expect(guest.told()).toEqual(['job worker/w1 unhealthy reported 1']);
    await guest.processor.shutdown();
    hostObserver.begin(JOB).unhealthy();
    hostObserver.begin(JOB).unknown();
    hostObserver.report({ ...JOB, status: 'unhealthy' });
    expect(hostObserver.pending()).toBeUndefined();
    expect(hostObserver.observe(JOB, () => 7)).toBe(7);
    expect(guest.told()).toEqual([]);
  });
});

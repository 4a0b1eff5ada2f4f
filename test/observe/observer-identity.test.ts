// SPDX-License-Identifier: Apache-2.0
/** Who this process is to others, where its resource does not say. */
import { describe, expect, it, vi } from 'vitest';

const PROCESS = { attributes: { 'service.name': 'client' } };

/** The function as a process of its own has it. */
async function inAProcess() {
  vi.resetModules();
  return (await import('../../src/observe/observer-identity.js')).observerOf;
}

describe('a process without an instance id', () => {
  it('has one made up, the same for every resource of it', async () => {
    const observerOf = await inAProcess();
    const observer = observerOf(PROCESS);
    expect(observer).toMatch(/^client\/[0-9a-f]{16}$/);
    expect(observerOf(PROCESS)).toBe(observer);
    expect(observerOf({ attributes: { ...PROCESS.attributes } })).toBe(observer);
  });

  it('is another one in each replica', async () => {
    const replicas = [(await inAProcess())(PROCESS), (await inAProcess())(PROCESS)];
    expect(new Set(replicas).size).toBe(2);
  });

  it('is the service alone while detectors may still find one', async () => {
    const observerOf = await inAProcess();
    const resource = { ...PROCESS, asyncAttributesPending: true };
    expect(observerOf(resource)).toBe('client');
    resource.asyncAttributesPending = false;
    expect(observerOf(resource)).toMatch(/^client\/[0-9a-f]{16}$/);
  });
});

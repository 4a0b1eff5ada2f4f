// SPDX-License-Identifier: Apache-2.0
/** The host's logger may throw: what the guest has to say is then heard by nobody, and does no harm. */
import { diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pack, withDeadline } from '../src/baggage/index.js';
import { baggageCounts } from '../src/baggage/scope.js';
import { say } from '../src/diagnostics.js';

describe('a logger that throws', () => {
  const heard = vi.fn(() => {
    throw new Error('the logger is broken');
  });
  beforeEach(() => {
    heard.mockClear();
    diag.setLogger(
      { error: heard, warn: heard, info: heard, debug: heard, verbose: heard },
      { suppressOverrideMessage: true },
    );
    heard.mockClear();
  });
  afterEach(() => diag.disable());

  it('is not felt by whoever has something to say', () => {
    expect(() => say('warn', () => 'something')).not.toThrow();
    expect(heard).toHaveBeenCalledWith('panorama: something');
  });

  it('is not felt either where the message itself cannot be made', () => {
    const broken = () => {
      throw new Error('no message');
    };
    expect(() => say('error', broken)).not.toThrow();
    expect(heard).not.toHaveBeenCalled();
  });

  it('is not felt by work under a deadline that is none', () => {
    expect(withDeadline(Number.NaN, () => 7)).toBe(7);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('is not felt by work that packs outside of any request, which is counted', () => {
    const before = baggageCounts().outside;
    pack('bag', { n: 1 });
    expect(heard).toHaveBeenCalledTimes(1);
    expect(baggageCounts().outside).toBe(before + 1);
  });
});

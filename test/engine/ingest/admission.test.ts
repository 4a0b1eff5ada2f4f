// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Admission, BYTES_IN_FLIGHT_MAX } from '../../../src/engine/ingest/admission.js';

describe('the budget', () => {
  it('is 64 MiB unless said otherwise', () => {
    expect(new Admission().bytesMax).toBe(BYTES_IN_FLIGHT_MAX);
    expect(BYTES_IN_FLIGHT_MAX).toBe(67_108_864);
  });

  it('lets in up to its bound and not a byte more', () => {
    const admission = new Admission(10);
    expect(admission.tryEnter(10)).toBe(true);
    expect(admission.tryEnter(1)).toBe(false);
    expect(admission.bytesInFlight).toBe(10);
    admission.leave(4);
    expect(admission.tryEnter(5)).toBe(false);
    expect(admission.tryEnter(4)).toBe(true);
  });
});

describe('a ticket', () => {
  it('grows to what is held, and never shrinks before its release', () => {
    const admission = new Admission(10);
    const ticket = admission.open();
    ticket.holdAtLeast(6);
    ticket.holdAtLeast(3);
    expect(admission.bytesInFlight).toBe(6);
    ticket.holdAtLeast(10);
    expect(admission.bytesInFlight).toBe(10);
    ticket.release();
    expect(admission.bytesInFlight).toBe(0);
  });

  it('that cannot grow keeps what it has, says what to do, and gives it back', () => {
    const admission = new Admission(10);
    const ticket = admission.open();
    ticket.holdAtLeast(6);
    expect(() => ticket.holdAtLeast(11)).toThrow(
      expect.objectContaining({
        code: 'PANO_OVERLOADED',
        message: expect.stringMatching(/holds 6 .* may hold 10; send/),
      }),
    );
    expect(admission.bytesInFlight).toBe(6);
    ticket.release();
    expect(admission.bytesInFlight).toBe(0);
  });

  it('may be released twice, and is dead afterwards', () => {
    const admission = new Admission(10);
    const other = admission.open();
    other.holdAtLeast(5);
    const ticket = admission.open();
    ticket.holdAtLeast(5);
    ticket.release();
    ticket.release();
    ticket.holdAtLeast(5);
    expect(admission.bytesInFlight).toBe(5);
  });
});

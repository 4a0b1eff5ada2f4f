// SPDX-License-Identifier: Apache-2.0
/** Whoever registers something with OpenTelemetry's API is heard, and gets what he would get without us. */
import { propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { listenToRegistrations } from '../src/api-globals.js';

afterEach(() => {
  propagation.disable();
  trace.disable();
});

describe('a listener that fails', () => {
  it('keeps nobody from registering what he has, nor from asking for a tracer', () => {
    const fail = (): never => {
      throw new Error('broken');
    };
    listenToRegistrations({ before: fail, after: fail, tracerAsked: fail });
    const propagator = new W3CTraceContextPropagator();
    expect(propagation.setGlobalPropagator(propagator)).toBe(true);
    expect(propagation.fields()).toEqual(propagator.fields());
    const provider = new TracerProvider();
    expect(trace.setGlobalTracerProvider(provider)).toBe(true);
    expect(trace.getTracer('test').startSpan('call').isRecording()).toBe(true);
  });
});

// SPDX-License-Identifier: Apache-2.0
/** Marks a context whose baggage goes into a message that the host itself hands over: nobody else decides where it goes. */
import { type Context, createContextKey } from '@opentelemetry/api';

const MESSAGE = createContextKey('panorama.baggage.message');

export function asMessage(context: Context): Context {
  return context.setValue(MESSAGE, true);
}

export function isMessage(context: Context): boolean {
  return context.getValue(MESSAGE) === true;
}

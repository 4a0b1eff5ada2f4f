// SPDX-License-Identifier: Apache-2.0
/** Runs before anything that is to be instrumented. */
import { trace } from '@opentelemetry/api';
import { startOwnSdk } from './own-sdk.cjs';

export const early = trace.getTracer('early');
export const sdk = process.argv[2] === 'own' ? startOwnSdk() : undefined;

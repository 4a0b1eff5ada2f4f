// SPDX-License-Identifier: Apache-2.0
/** Runs before anything that is to be instrumented. */
import { trace } from '@opentelemetry/api';
import * as exporter from '@opentelemetry/exporter-trace-otlp-proto';
import * as http from '@opentelemetry/instrumentation-http';
import * as undici from '@opentelemetry/instrumentation-undici';
import * as sdkNode from '@opentelemetry/sdk-node';
import * as sdkTrace from '@opentelemetry/sdk-trace';
import { startOwnSdk } from './own-sdk.cjs';

export const early = trace.getTracer('early');
export const sdk = process.argv[2] === 'own' ? startOwnSdk({ exporter, http, undici, sdkNode, sdkTrace }) : undefined;

// SPDX-License-Identifier: Apache-2.0
/** Runs before anything that is to be instrumented. */
const { trace } = require('@opentelemetry/api');
const { startOwnSdk } = require('./own-sdk.cjs');

exports.early = trace.getTracer('early');
exports.sdk =
  process.argv[2] === 'own'
    ? startOwnSdk({
        exporter: require('@opentelemetry/exporter-trace-otlp-proto'),
        http: require('@opentelemetry/instrumentation-http'),
        undici: require('@opentelemetry/instrumentation-undici'),
        sdkNode: require('@opentelemetry/sdk-node'),
        sdkTrace: require('@opentelemetry/sdk-trace'),
      })
    : undefined;

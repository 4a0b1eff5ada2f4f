// SPDX-License-Identifier: Apache-2.0
/** An SDK as an application sets it up for itself, with a sampler, an exporter and a hook of its own; nothing of ours. */
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { ParentBasedSampler, TraceIdRatioBasedSampler } = require('@opentelemetry/sdk-trace');

exports.startOwnSdk = () => {
  const sdk = new NodeSDK({
    serviceName: 'shop',
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(Number(process.env.APP_SAMPLES ?? 1)) }),
    traceExporter: new OTLPTraceExporter({ url: process.env.APP_BACKEND }),
    instrumentations: [
      new HttpInstrumentation({ requestHook: (span) => span.updateName('named by a hook') }),
      new UndiciInstrumentation({ requestHook: (span) => span.updateName('named by a hook') }),
    ],
  });
  sdk.start();
  return sdk;
};

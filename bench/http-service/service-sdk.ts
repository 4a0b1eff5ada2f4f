// SPDX-License-Identifier: Apache-2.0
/**
 * What stands in `instrument.mjs` of the service under load, given to `node --import`. All variants have the same
 * instrumentations and send their ordinary spans to the same sink.
 *
 * | variant | is |
 * |---|---|
 * | `without` | OpenTelemetry's Node SDK as its own documentation sets it up |
 * | `processor` | the same, and our span processor |
 * | `guest` | `startPanorama`, as our README has it |
 */
import { register } from 'node:module';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { PanoramaSpanProcessor, startPanorama } from 'panorama-otel';

/** What is compared. */
export type Variant = 'without' | 'processor' | 'guest';

const [variant, , engineUrl = ''] = process.argv.slice(2);
const serviceName = 'shop';
const instrumentations = [new HttpInstrumentation(), new UndiciInstrumentation(), new ExpressInstrumentation()];

if (variant === 'guest') {
  startPanorama({ serviceName, engineUrl, instrumentations });
} else {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const ours =
    variant === 'processor'
      ? [
          new PanoramaSpanProcessor({ exporter: new GrpcExporter({ url: engineUrl }) }),
          new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }),
        ]
      : undefined;
  new NodeSDK({ serviceName, instrumentations, ...(ours && { spanProcessors: ours }) }).start();
}

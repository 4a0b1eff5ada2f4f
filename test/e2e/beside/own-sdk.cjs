// SPDX-License-Identifier: Apache-2.0
/**
 * An SDK as an application sets it up for itself, with a sampler, an exporter and hooks of its own; nothing of ours. Of the
 * packages as the application loads them.
 */
exports.startOwnSdk = ({ exporter, http, undici, sdkNode, sdkTrace }) => {
  const requestHook = (span) => span.updateName('named by a hook');
  const root = new sdkTrace.TraceIdRatioBasedSampler(Number(process.env.APP_SAMPLES ?? 1));
  const sdk = new sdkNode.NodeSDK({
    serviceName: 'shop',
    sampler: new sdkTrace.ParentBasedSampler({ root }),
    traceExporter: new exporter.OTLPTraceExporter({ url: process.env.APP_BACKEND }),
    instrumentations: [
      new http.HttpInstrumentation({ requestHook }),
      new undici.UndiciInstrumentation({ requestHook }),
    ],
  });
  sdk.start();
  return sdk;
};

// SPDX-License-Identifier: Apache-2.0
/** Which bridge an engine has, by its options; what a bridge needs of its host, and that its packages are loaded only where there is one. */
import type { Logger } from 'pino';
import { PanoramaError } from '../model/errors.js';
import { readBounded } from './access/watched-files.js';
import type { Bridge, BridgeParts } from './bridge/bridge.js';
import { parseOtlpEndpoint } from './bridge/otlp-endpoint.js';
import type { EngineOptions } from './options.js';

export async function openBridge(
  options: EngineOptions,
  parts: Pick<BridgeParts, 'reader' | 'clock' | 'api'>,
  log: Logger,
): Promise<Bridge | undefined> {
  const { bridgeEvents, bridgeIntervalMs, bridgePairCountMax, webhook } = options;
  const otlp = parseOtlpEndpoint(options.bridge);
  if (!otlp && webhook === '') return undefined;
  const secret = await secretIn(options.webhookSecretFile);
  const { startBridge } = await import('./bridge/bridge.js');
  return await startBridge({
    ...parts,
    options: {
      ...{ otlp, events: bridgeEvents, intervalMs: bridgeIntervalMs, pairCountMax: bridgePairCountMax },
      webhook: webhook === '' ? undefined : { url: webhook, secret },
    },
    onFailing: (what, why) => {
      if (why === undefined) log.info({ what }, 'the bridge works again');
      else log.warn({ what, why }, 'the bridge cannot send');
    },
  });
}

async function secretIn(file: string): Promise<string> {
  if (file === '') return '';
  const secret = (await readBounded('webhookSecretFile', file)).toString('utf8').trim();
  if (secret !== '') return secret;
  throw new PanoramaError(
    'PANO_ACCESS_FILE',
    `webhookSecretFile: ${file} is empty; write the webhook's secret into it`,
  );
}

// SPDX-License-Identifier: Apache-2.0
/**
 * What an engine may listen on. On loopback everything goes: whoever is on the machine could read the process anyway.
 * Elsewhere it asks for two things, so that nobody is exposed by leaving something out: TLS, or telemetry and tokens travel
 * for all to read; and to know its clients, or anybody may accuse a healthy service and read who fails.
 *
 * Both are refusals, not warnings. A warning in a log that starts well is read by nobody, and who has a service mesh to
 * do this says so with one word.
 */
import { PanoramaError } from '../../model/errors.js';
import { isLoopback } from './host-names.js';

/** What protects the listeners. */
export interface Protection {
  readonly hasTls: boolean;
  /** Whether clients show a certificate or a token. */
  readonly knowsClients: boolean;
  /** Whether the user has taken it upon himself. */
  readonly insecureBind: boolean;
}

/** A listener, by the command-line option that chooses its address. */
export interface Listener {
  readonly flag: string;
  readonly host: string;
  readonly port: number;
}

/** What is missing for these listeners; `undefined` where nothing is, and empty lists are not made. */
export function exposureOf(listeners: readonly Listener[], protection: Protection): string | undefined {
  const exposed = listeners.filter(({ host }) => !isLoopback(host));
  const missing = [
    ...(protection.hasTls ? [] : ['TLS (--tls-cert and --tls-key)']),
    ...(protection.knowsClients ? [] : ['way to know its clients (--tokens-file or --tls-client-ca)']),
  ];
  if (exposed.length === 0 || missing.length === 0) return undefined;
  const where = exposed.map(({ flag, host, port }) => `${flag} ${host.includes(':') ? `[${host}]` : host}:${port}`);
  return `${where.join(', ')} can be reached from other machines, and the engine has no ${missing.join(' and no ')}`;
}

/** @throws PanoramaError PANO_EXPOSED where something is missing and the user has not said that it may be */
export function refuseExposure(listeners: readonly Listener[], protection: Protection): void {
  const exposure = exposureOf(listeners, protection);
  if (exposure === undefined || protection.insecureBind) return;
  throw new PanoramaError(
    'PANO_EXPOSED',
    `${exposure}; give it that, listen on 127.0.0.1, or say --insecure-bind where something else protects it`,
  );
}

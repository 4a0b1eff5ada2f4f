// SPDX-License-Identifier: Apache-2.0
/**
 * Who may speak to an engine, and how: reads the certificates and tokens that its options name, keeps up with their
 * files, and makes the doors of its listeners. An engine that would be open to everybody does not start.
 */
import type { Clock } from '../../model/clock.js';
import type { PanoramaError } from '../../model/errors.js';
import { Door } from './door.js';
import { exposureOf, type Listener, type Protection, refuseExposure } from './exposure.js';
import { readTlsMaterial, TlsKeeper, type TlsMaterial } from './tls-material.js';
import { type Scope, TokenTable } from './token-table.js';
import { WatchedFiles } from './watched-files.js';

/** Of the engine's options those that are about access; a path that is empty is not given. */
export interface AccessOptions {
  readonly otlpGrpc: Address;
  readonly otlpHttp: Address;
  readonly api: Address;
  readonly tlsCert: string;
  readonly tlsKey: string;
  readonly tlsClientCa: string;
  readonly tokensFile: string;
  readonly insecureBind: boolean;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** As much of a log as is needed here. */
export interface AccessLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface AccessParts {
  readonly clock: Clock;
  readonly log: AccessLog;
}

/** The doors of an engine. */
export interface Access {
  readonly otlpGrpc: Door;
  readonly otlpHttp: Door;
  readonly api: Door;
  /** Looks at no file any more. */
  close(): void;
}

/** A certificate that ends sooner than this is told of, in ms: two weeks, when a 90-day one should have been renewed. */
const ENDS_SOON_MS = 14 * 24 * 3600 * 1000;

/**
 * @throws PanoramaError PANO_EXPOSED where others could reach what nothing protects, PANO_ACCESS_FILE where a file cannot
 *   be used
 */
export async function openAccess(options: AccessOptions, parts: AccessParts): Promise<Access> {
  const { tlsCert, tokensFile } = options;
  const protection: Protection = {
    hasTls: tlsCert !== '',
    knowsClients: tokensFile !== '' || options.tlsClientCa !== '',
    insecureBind: options.insecureBind,
  };
  const listeners = listenersOf(options);
  refuseExposure(listeners, protection);
  const exposure = exposureOf(listeners, protection);
  if (exposure !== undefined) parts.log.warn({}, `${exposure}; --insecure-bind says that something else protects it`);

  const open: { close(): void }[] = [];
  try {
    const tls = tlsCert === '' ? undefined : await openTls(options, parts, open);
    const tokens = tokensFile === '' ? undefined : await openTokens(tokensFile, parts, open);
    const door = (scope: Scope, { host }: Address) => new Door({ scope, host, tls, tokens });
    return {
      otlpGrpc: door('ingest', options.otlpGrpc),
      otlpHttp: door('ingest', options.otlpHttp),
      api: door('read', options.api),
      close: () => closeAll(open),
    };
  } catch (error) {
    closeAll(open);
    throw error;
  }
}

async function openTls(options: AccessOptions, parts: AccessParts, open: { close(): void }[]): Promise<TlsKeeper> {
  const { clock, log } = parts;
  const given = (['tlsCert', 'tlsKey', 'tlsClientCa'] as const).map((option) => ({ option, path: options[option] }));
  let keeper: TlsKeeper | undefined;
  const { value, files } = await WatchedFiles.open<TlsMaterial>({
    clock,
    files: given.filter(({ path }) => path !== ''),
    read: ([cert, key, clientCa]) => readTlsMaterial(cert as Buffer, key as Buffer, clientCa),
    onChange: (material) => {
      keeper?.change(material);
      tellCertificate(material, parts);
    },
    onError: (error) =>
      log.error({ code: error.code }, `${error.message}. The certificate read before stays in force.`),
  });
  open.push(files);
  tellCertificate(value, parts);
  keeper = new TlsKeeper(value);
  return keeper;
}

function tellCertificate({ validToMs, fingerprint }: TlsMaterial, { clock, log }: AccessParts): void {
  const fields = { fingerprint, validToMs };
  log.info(fields, 'certificate read');
  const leftMs = validToMs - clock.nowMs();
  if (leftMs < 0) log.warn(fields, 'the certificate has expired, and clients will refuse it; renew its file');
  else if (leftMs < ENDS_SOON_MS) log.warn(fields, 'the certificate expires within two weeks; renew its file');
}

async function openTokens(
  path: string,
  { clock, log }: AccessParts,
  open: { close(): void }[],
): Promise<() => TokenTable> {
  const told = (table: TokenTable): TokenTable => {
    log.info({ count: table.count }, 'tokens read');
    return table;
  };
  let table: TokenTable;
  const { value, files } = await WatchedFiles.open<TokenTable>({
    clock,
    files: [{ option: 'tokensFile', path }],
    read: ([content]) => TokenTable.parse((content as Buffer).toString()),
    onChange: (changed) => {
      table = told(changed);
    },
    onError: (error: PanoramaError) =>
      log.error({ code: error.code }, `${error.message}. The tokens read before stay in force.`),
  });
  open.push(files);
  table = told(value);
  return () => table;
}

function listenersOf({ otlpGrpc, otlpHttp, api }: AccessOptions): readonly Listener[] {
  return [
    { flag: '--otlp-grpc', ...otlpGrpc },
    { flag: '--otlp-http', ...otlpHttp },
    { flag: '--api', ...api },
  ];
}

function closeAll(open: readonly { close(): void }[]): void {
  for (const each of open) each.close();
}

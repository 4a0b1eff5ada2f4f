// SPDX-License-Identifier: Apache-2.0
/**
 * Certificates for tests, made in the test: an authority, and what it signs for 127.0.0.1 and `localhost`. Node signs but
 * writes no certificate, so the few ASN.1 structures of one stand here (RFC 5280, 4.1; X.690 for their bytes).
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** What others must trust, as PEM. */
  readonly cert: string;
  /**
   * A certificate for a server as for a client.
   *
   * @param validity by default a year from yesterday
   * @param hostNames by default 127.0.0.1 and `localhost`
   */
  issue(
    name: string,
    validity?: { readonly fromMs: number; readonly toMs: number },
    hostNames?: readonly string[],
  ): Certificate;
}

const DAY_MS = 24 * 3600 * 1000;

export function authority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + 3650 * DAY_MS };
  const constraints = extension(OID.basicConstraints, sequence(boolean(true)));
  const cert = signed({
    subject: name,
    publicKey,
    issuer: name,
    signer: privateKey,
    validity,
    extensions: [constraints],
  });
  return {
    cert,
    issue: (subject, given = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + 365 * DAY_MS }, hostNames) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const loopback = [hostName('localhost'), tagged(0x87, Buffer.of(127, 0, 0, 1))];
      const names = extension(OID.subjectAltName, sequence(...(hostNames?.map(hostName) ?? loopback)));
      return {
        cert: signed({
          ...{ subject, issuer: name, signer: privateKey, validity: given },
          ...{ publicKey: pair.publicKey, extensions: [names] },
        }),
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

interface Content {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly signer: KeyObject;
  readonly validity: { readonly fromMs: number; readonly toMs: number };
  readonly extensions: readonly Buffer[];
}

/** Object identifiers, encoded. */
const OID = {
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  ecdsaWithSha256: '2a8648ce3d040302',
};

function signed({ subject, publicKey, issuer, signer, validity, extensions }: Content): string {
  const algorithm = sequence(identifier(OID.ecdsaWithSha256));
  // Positive, and never with a zero in front, which would be another encoding of the same number.
  const serial = Buffer.concat([Buffer.of(0x4f), randomBytes(15)]);
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, serial),
    algorithm,
    distinguishedName(issuer),
    sequence(time(validity.fromMs), time(validity.toMs)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.of(0), sign('sha256', content, signer)]));
  const base64 = sequence(content, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g)?.join('\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function hostName(name: string): Buffer {
  return tagged(0x82, Buffer.from(name));
}

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(identifier(OID.commonName), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, attribute));
}

function extension(oid: string, value: Buffer): Buffer {
  return sequence(identifier(oid), tagged(0x04, value));
}

/** GeneralizedTime, which has four digits for the year. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14);
  return tagged(0x18, Buffer.from(`${digits}Z`));
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.of(value ? 0xff : 0));
}

function identifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}

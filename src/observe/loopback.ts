// SPDX-License-Identifier: Apache-2.0
/**
 * A loopback address is another process on each machine, so it is one subject per machine: `127.0.0.1:9000@web-1`. Where
 * the caller's resource does not say its machine, the address stays as it is.
 */
import { formatIdentity, type Identity } from '../model/identity.js';

const LOOPBACK = /(?:^|\/)(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/;

/** An address as the caller on `host` means it; anything but a loopback address is the same everywhere. */
export function addressOnHost(address: string, host: string): string {
  if (host === '' || !LOOPBACK.test(address)) return address;
  return `${address}@${formatIdentity({ service: host }).text}`;
}

/** The same for a subject; one that is known by more than its address is left alone. */
export function subjectOnHost(subject: Identity, host: string): Identity {
  if (subject.resolution !== 'address') return subject;
  return { text: addressOnHost(subject.text, host), resolution: 'address' };
}

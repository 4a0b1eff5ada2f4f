// SPDX-License-Identifier: Apache-2.0
/**
 * What clients and servers say to each other. A request travels as a record of jute in a gRPC message; answers, which
 * nobody corrupts here, as plain messages.
 */
import { InputArchive, OutputArchive } from './jute.js';

/** Serves clients, on the port `clients`. */
export const CLIENT_SERVICE = 'zookeeper.ZooKeeper';

/** Operations of the client service that are requests in a record, by the names of their methods. */
export const OPERATIONS = [
  'CreateSession',
  'CloseSession',
  'Create',
  'Delete',
  'SetData',
  'GetData',
  'GetChildren',
  'Exists',
] as const;

export type OperationName = (typeof OPERATIONS)[number];

/** Who may do what with a node: `world` `anyone`, everything, unless a client says otherwise. */
export interface Acl {
  readonly perms: number;
  readonly scheme: string;
  readonly id: string;
}

export const OPEN_ACL: readonly Acl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }];

/** Fate of a created node: it may end with its session, and may be given a number after its name. */
export interface CreateMode {
  readonly ephemeral?: boolean;
  readonly sequential?: boolean;
}

/** A request. Which fields mean something depends on the operation. */
export interface RequestRecord {
  /** Empty in `CreateSession`. */
  readonly sessionId: string;
  readonly path: string;
  readonly data: Buffer;
  /** The version that the node must have; -1 for any. */
  readonly version: number;
  readonly mode: CreateMode;
  /** Asked for by `CreateSession`, in ms. */
  readonly timeoutMs: number;
  /** Of a node to be created. A vector of jute may be absent. */
  readonly acl: readonly Acl[] | undefined;
}

/** What all operations' answers are drawn from. */
export interface Stat {
  readonly version: number;
  readonly childCount: number;
  /** The session it ends with; empty for a node that stays. */
  readonly ephemeralOwner: string;
}

export interface Answer {
  /** `CreateSession`. */
  readonly sessionId?: string;
  readonly timeoutMs?: number;
  /** `Create`: the path, with its number where it has one. */
  readonly path?: string;
  /** `GetData`, as base64. */
  readonly data?: string;
  readonly stat?: Stat;
  readonly children?: readonly string[];
  /** `Exists`. */
  readonly exists?: boolean;
}

/** A request in a gRPC message. */
export interface Packet {
  /** The record, as base64. */
  readonly record: string;
}

const FLAG_EPHEMERAL = 1;
const FLAG_SEQUENTIAL = 2;

const EMPTY: RequestRecord = {
  sessionId: '',
  path: '',
  data: Buffer.alloc(0),
  version: -1,
  mode: {},
  timeoutMs: 0,
  acl: [],
};

/** A request in which only this much is given. */
export function emptyRecord(given: Partial<RequestRecord>): RequestRecord {
  return { ...EMPTY, ...given };
}

/** A request as bytes. */
export function serializeRequest(record: RequestRecord): Buffer {
  const { sessionId, path, data, version, mode, timeoutMs, acl } = record;
  const archive = new OutputArchive();
  archive.writeString(sessionId).writeString(path).writeBuffer(data).writeInt(version);
  archive.writeInt((mode.ephemeral ? FLAG_EPHEMERAL : 0) | (mode.sequential ? FLAG_SEQUENTIAL : 0));
  archive.writeInt(timeoutMs);
  archive.writeVector(acl, (entry) => archive.writeInt(entry.perms).writeString(entry.scheme).writeString(entry.id));
  return archive.bytes();
}

/** A request from its bytes. Throws a RangeError where they are none. */
export function deserializeRequest(bytes: Buffer): RequestRecord {
  const archive = new InputArchive(bytes);
  const sessionId = archive.readString() ?? '';
  const path = archive.readString() ?? '';
  const data = archive.readBuffer() ?? Buffer.alloc(0);
  const version = archive.readInt();
  const flags = archive.readInt();
  const timeoutMs = archive.readInt();
  const acl = archive.readVector(() => ({
    perms: archive.readInt(),
    scheme: archive.readString() ?? '',
    id: archive.readString() ?? '',
  }));
  const mode = { ephemeral: (flags & FLAG_EPHEMERAL) !== 0, sequential: (flags & FLAG_SEQUENTIAL) !== 0 };
  return { sessionId, path, data, version, mode, timeoutMs, acl };
}

/** A request as it travels. */
export function toPacket(bytes: Buffer): Packet {
  return { record: bytes.toString('base64') };
}

// SPDX-License-Identifier: Apache-2.0
/**
 * A client's view of the table. It asks the master once where a region is and remembers it, until a server says that it does not
 * serve the region, or cannot be reached. It tries an operation once: what fails here, fails for the user.
 */
import { RpcClient } from '../node/rpc.js';
import { type RegionLocation, RPC_TIMEOUT_MS } from './cluster-protocol.js';
import { type Cell, regionOf } from './table.js';

export class TableClient {
  readonly #master: RpcClient;
  readonly #locations = new Map<string, RegionLocation>();
  readonly #servers = new Map<string, RpcClient>();

  /** @param masterAddress `host:port` */
  constructor(masterAddress: string) {
    this.#master = new RpcClient(masterAddress, 'hbase.Master');
  }

  /** Where a row is, by the master's word. */
  async locate(row: string): Promise<RegionLocation> {
    const location = await this.#master.call<RegionLocation>('GetRegionLocation', { row }, RPC_TIMEOUT_MS);
    this.#locations.set(location.region, location);
    return location;
  }

  /** Where a row is, as far as is remembered. */
  async location(row: string): Promise<RegionLocation> {
    return this.#locations.get(regionOf(row)) ?? (await this.locate(row));
  }

  async get(row: string): Promise<string | undefined> {
    return (await this.#call<{ value?: string }>('Get', row, { row })).value;
  }

  async put(row: string, value: string): Promise<void> {
    await this.#call('Put', row, { row, value });
  }

  /** Puts rows of one region. */
  async putAll(cells: readonly Cell[]): Promise<void> {
    const [first] = cells;
    if (first) await this.#call('Multi', first.row, { cells });
  }

  /** At most `limit` rows of one region, from a row on. */
  async scan(startRow: string, limit: number): Promise<readonly Cell[]> {
    return (await this.#call<{ cells: Cell[] }>('Scan', startRow, { startRow, limit })).cells;
  }

  async #call<Reply>(method: string, row: string, request: object): Promise<Reply> {
    const { region, address } = await this.location(row);
    try {
      return await this.#server(address).call<Reply>(method, request, RPC_TIMEOUT_MS);
    } catch (error) {
      this.#locations.delete(region);
      throw error;
    }
  }

  #server(address: string): RpcClient {
    const server = this.#servers.get(address) ?? new RpcClient(address, 'hbase.Client');
    this.#servers.set(address, server);
    return server;
  }
}

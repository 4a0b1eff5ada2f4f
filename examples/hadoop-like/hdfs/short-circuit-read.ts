// SPDX-License-Identifier: Apache-2.0
/**
 * The reader's half of a short-circuit read: it asks the datanode, over the unix socket, where the replica lies, and reads the file
 * itself. HDFS passes an open file descriptor over the socket; node:http passes no descriptors, so it is a path here.
 */
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { type DatanodeAddress, READ_TIMEOUT_MS } from './protocol.js';

/** Reads a replica from the disk that the datanode and this process share. */
export async function readShortCircuit(datanode: DatanodeAddress, blockId: string): Promise<Buffer> {
  const answer = await requestSlot(datanode, blockId);
  const { path } = JSON.parse(answer.toString('utf8')) as { readonly path: string };
  return readFile(path);
}

function requestSlot({ name, socketPath }: DatanodeAddress, blockId: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      socketPath,
      method: 'POST',
      path: `/slots/${blockId}`,
      // The connection is the reader's sign of life for this one slot.
      agent: false,
      signal: AbortSignal.timeout(READ_TIMEOUT_MS),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`a slot for ${blockId} at ${name} was refused: ${body.toString('utf8', 0, 200)}`));
      });
    });
    request.end();
  });
}

// SPDX-License-Identifier: Apache-2.0
/** C's thread: it knows of a request what the headers of a message tell, and answers with a message. */
import { parentPort } from 'node:worker_threads';
import { baggageCounts, replyMessage, withMessage } from 'panorama-otel/baggage';
import { begin } from './panorama.mjs';

const addresses = {};
const { run, wrongLooks } = begin('C', addresses);

parentPort.on('message', ({ id, ...message }) => {
  if (message.tell) parentPort.postMessage({ id, told: { service: 'C', counts: baggageCounts(), wrongLooks } });
  else if (message.addresses) {
    Object.assign(addresses, message.addresses);
    parentPort.postMessage({ id });
  } else work(id, message);
});

async function work(id, { steps, headers }) {
  await withMessage(headers, async () => {
    await run(steps);
    parentPort.postMessage({ id, headers: replyMessage({}) });
  });
}

// SPDX-License-Identifier: Apache-2.0
/** A decoding thread: it is given bodies, and answers each with what is in it, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { PanoramaError } from '../../model/errors.js';
import { BodyDecoder } from './body-decoder.js';
import type { DecoderSettings, FromDecoder, ToDecoder } from './decoder-messages.js';

const decoder = new BodyDecoder(workerData as DecoderSettings);

function answerTo(request: ToDecoder): FromDecoder {
  try {
    return { kind: 'decoded', spans: decoder.decode(request) };
  } catch (thrown) {
    const { code, message } = PanoramaError.from(thrown);
    return { kind: 'refused', code, message };
  }
}

parentPort?.on('message', (request: ToDecoder) => {
  const answer = answerTo(request);
  const { elsewhere } = answer.kind === 'decoded' ? answer.spans : {};
  parentPort?.postMessage(answer, elsewhere ? [elsewhere] : []);
});
parentPort?.postMessage({ kind: 'ready' } satisfies FromDecoder);

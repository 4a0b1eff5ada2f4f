// SPDX-License-Identifier: Apache-2.0
/**
 * What HTTP/2 lets one connection do: streams that are opened and reset at once, headers that never end, pings and settings
 * that all want an answer, windows that never open.
 *
 * Source: CVE-2023-44487 (rapid reset), CVE-2024-27983 (continuation), CVE-2019-9511 to 9518 (floods).
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { END_HEADERS, END_STREAM, FrameType, frame, headerBlock, preface } from './http2-frames.js';
import { EXPORT_PATH } from './requests.js';
import { Siege } from './siege.js';
import { hangUp, type Line, openLine, pour } from './sockets.js';

const CONNECTIONS = 10;
/** Frames of one connection: enough that a megabyte kept of a thousand would show. */
const FRAMES = 50_000;
/** Written at once. */
const FRAMES_TOGETHER = 500;

const CANCEL = Buffer.of(0, 0, 0, 8);
const HEADERS = headerBlock({
  ':method': 'POST',
  ':scheme': 'http',
  ':path': EXPORT_PATH,
  ':authority': 'localhost',
  'content-type': 'application/grpc',
  te: 'trailers',
});
const SETTINGS_ENTRY = Buffer.of(0, 4, 0, 0, 0xff, 0xff);
const SETTINGS_ACK = frame(FrameType.SETTINGS, 1, 0, Buffer.alloc(0));
/** SETTINGS_INITIAL_WINDOW_SIZE. */
const INITIAL_WINDOW = 4;

let siege: Siege;
beforeEach(async () => {
  siege = await Siege.start();
});
afterEach(() => siege.end());

/** Clients may open odd streams only. */
const streamOf = (index: number): number => 2 * index + 1;

/** Sends frames over several connections, until all are sent or the engine has closed them. How many each took. */
async function flood(makeFrame: (index: number) => Buffer, first = preface(), isReading = true): Promise<number[]> {
  const lines: Line[] = [];
  const sent = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const line = await openLine(siege.engine.addresses.otlpGrpc);
      lines.push(line);
      if (!isReading) line.socket.pause();
      await pour(line, Buffer.concat([first, SETTINGS_ACK]));
      let index = 0;
      while (index < FRAMES) {
        const frames = Array.from({ length: FRAMES_TOGETHER }, () => makeFrame(index++));
        const taken = pour(line, Buffer.concat(frames));
        // Who is not read from any more has nothing to wait for.
        const isStuck = new Promise<boolean>((resolve) =>
          AbortSignal.timeout(2000).addEventListener('abort', () => resolve(false)),
        );
        if (!(await Promise.race([taken, isStuck]))) break;
      }
      return index;
    }),
  );
  hangUp(lines);
  return sent;
}

const NOTHING = Buffer.alloc(0);

it.each<[string, (index: number) => Buffer, Buffer?, boolean?]>([
  [
    'streams that are opened and reset at once',
    (index) =>
      Buffer.concat([
        frame(FrameType.HEADERS, END_HEADERS, streamOf(index), HEADERS),
        frame(FrameType.RST_STREAM, 0, streamOf(index), CANCEL),
      ]),
  ],
  [
    'streams that are opened, half sent and reset',
    (index) =>
      Buffer.concat([
        frame(FrameType.HEADERS, END_HEADERS, streamOf(index), HEADERS),
        frame(FrameType.DATA, 0, streamOf(index), Buffer.of(0, 0, 0, 16, 0, 1, 2, 3)),
        frame(FrameType.RST_STREAM, 0, streamOf(index), CANCEL),
      ]),
  ],
  ['streams that are all left open', (index) => frame(FrameType.HEADERS, END_HEADERS, streamOf(index), HEADERS)],
  ['calls without a message', (index) => frame(FrameType.HEADERS, END_HEADERS | END_STREAM, streamOf(index), HEADERS)],
  [
    'headers that never end',
    (index) =>
      index === 0
        ? frame(FrameType.HEADERS, 0, 1, HEADERS)
        : frame(FrameType.CONTINUATION, 0, 1, headerBlock({ [`x-${index}`]: 'a'.repeat(100) })),
  ],
  [
    'empty frames that continue nothing',
    (index) => (index === 0 ? frame(FrameType.HEADERS, 0, 1, HEADERS) : frame(FrameType.CONTINUATION, 0, 1, NOTHING)),
  ],
  ['pings whose answers nobody reads', () => frame(FrameType.PING, 0, 0, Buffer.alloc(8)), preface(), false],
  ['settings that change all the time', () => frame(FrameType.SETTINGS, 0, 0, SETTINGS_ENTRY), preface(), false],
  [
    'empty data without end',
    (index) => (index === 0 ? frame(FrameType.HEADERS, END_HEADERS, 1, HEADERS) : frame(FrameType.DATA, 0, 1, NOTHING)),
  ],
  [
    'answers that may not be sent',
    (index) => frame(FrameType.HEADERS, END_HEADERS | END_STREAM, streamOf(index), HEADERS),
    preface({ [INITIAL_WINDOW]: 0 }),
    false,
  ],
  ['frames that are longer than allowed', () => frame(FrameType.DATA, 0, 1, NOTHING, 2 ** 24 - 1)],
  [
    'frames that depend on each other',
    (index) => frame(FrameType.PRIORITY, 0, streamOf(index + 1), Buffer.of(0, 0, 0, 0, 9)),
  ],
])('a flood of %s drowns nobody', async (_, makeFrame, first, isReading) => {
  const { attack, failed } = await siege.withstand(() => flood(makeFrame, first, isReading));
  expect(attack).toHaveLength(CONNECTIONS);
  for (const sent of attack) expect(sent).toBeGreaterThan(0);
  expect(failed).toBe(0);
});

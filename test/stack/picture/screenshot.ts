// SPDX-License-Identifier: Apache-2.0
/** A page as a picture, taken by the machine's own Chromium. It is shown a file and speaks to nobody. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { programOf } from '../programs.js';
import { PAGE_WIDTH_PX, type Page } from './dashboard-page.js';

/** How long it may take on a busy machine, in ms. */
const TIMEOUT_MS = 60_000;

/** @param file where the PNG goes */
export async function takePicture({ html, heightPx }: Page, file: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'panorama-picture-'));
  try {
    const source = path.join(folder, 'page.html');
    await writeFile(source, html);
    const flags = [
      ...['--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...[`--user-data-dir=${path.join(folder, 'profile')}`, `--window-size=${PAGE_WIDTH_PX},${heightPx}`],
      ...[`--screenshot=${file}`, `file://${source}`],
    ];
    await promisify(execFile)(programOf('chromium'), flags, { timeout: TIMEOUT_MS });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

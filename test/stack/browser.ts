// SPDX-License-Identifier: Apache-2.0
/** A real Chromium, Debian's, with one window per view of the page. */
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { programOf } from './programs.js';

/** The clock of the page and the engine's are one machine's. */
declare const document: {
  readonly body: {
    readonly innerText: string;
    querySelectorAll(selector: string): Iterable<{ readonly textContent: string | null }>;
  };
};
declare class MutationObserver {
  constructor(listener: () => void);
  observe(target: unknown, what: object): void;
  disconnect(): void;
}

export async function startBrowser(): Promise<Browser> {
  const args = ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  return await chromium.launch({ executablePath: programOf('chromium'), args });
}

/** Opens a page and fails on whatever the browser complains of, such as something that the engine's policy forbids. */
export async function open(context: BrowserContext, url: string, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  return page;
}

/** From when on, epoch ms, some element that a selector finds has a text. Looks at every change of the page. */
export function shownFrom(page: Page, selector: string, pattern: RegExp): Promise<number> {
  return page.evaluate(
    ({ selector: wanted, source }) =>
      new Promise<number>((resolve) => {
        const isThere = (): boolean =>
          [...document.body.querySelectorAll(wanted)].some(({ textContent }) =>
            new RegExp(source).test(textContent ?? ''),
          );
        const look = (): void => {
          if (!isThere()) return;
          observer.disconnect();
          resolve(Date.now());
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
        look();
      }),
    { selector, source: pattern.source },
  );
}

/** What axe finds wrong with a page, a line each. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

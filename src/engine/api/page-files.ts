// SPDX-License-Identifier: Apache-2.0
/**
 * The page's files, as they were built. There is nothing in them but a program: what it shows it asks for, and shows its own token
 * for that, so that they are given to everybody.
 */
import express, { type Express, type Response } from 'express';

/** The page may load what it brings and ask the engine; nothing else, and nobody may frame it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Files below it have a name that changes with what is in them. */
const NAMED_BY_CONTENT = '/assets/';

/** @param folder of `index.html`; where it is not there, there is no page, and nothing else suffers */
export function servePage(app: Express, folder: string): void {
  const setHeaders = (response: Response, path: string): void => {
    const isSteady = path.replaceAll('\\', '/').includes(NAMED_BY_CONTENT);
    response.set({
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'Cache-Control': isSteady ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  };
  app.use(express.static(folder, { cacheControl: false, dotfiles: 'ignore', redirect: false, setHeaders }));
}

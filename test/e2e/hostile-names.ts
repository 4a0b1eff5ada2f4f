// SPDX-License-Identifier: Apache-2.0
/** Names that somebody gave who hopes that they are obeyed somewhere, and requests in which everything is called so. */

export const HOSTILE: Readonly<Record<string, string>> = {
  html: '<script>alert(1)</script><img src=x onerror=alert(1)>',
  attribute: '" onmouseover="alert(1)" x=\'',
  ansi: '\u001b[2J\u001b[31mred\u001b]0;title\u0007\b\b',
  c1: '\u009b2J\u009d0;title\u009c',
  forgedLine: 'ok"}\n{"level":50,"msg":"forged"}\r\n',
  unicodeLine: 'one\u2028two\u2029three\u0085four',
  label: 'a"} 1\npanorama_forged_total{x="\\',
  proto: '__proto__',
  constructor: 'constructor',
  method: 'hasOwnProperty',
  bidi: '\u202egnp.exe\u2066\u200f\u061c',
  invisible: 'pay\u200bments\ufeff\u2060\u00ad\u{e0041}\u{e0042}',
  half: 'half \ud800 pair',
  nul: 'a\u0000b',
  template: `\${7*7}{{7*7}}%s%d%n\${jndi:ldap://127.0.0.1/x}`,
  path: '../../../../etc/passwd',
  query: "'; DROP TABLE transitions; --",
  header: 'x\r\nSet-Cookie: a=b\r\n\r\n<html>',
  huge: 'x'.repeat(20_000),
};

/** What no terminal must get of another's text, but for the ends of our own lines. */
export const OBEYED = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

/** An OTLP/JSON request of failed calls in which everything that may be named has this name. */
export function failuresNamed(name: string, startMs: number): string {
  const spans = [1, 2, 3, 4, 5].map((count) => ({
    traceId: count.toString(16).padStart(32, 'a'),
    spanId: (BigInt(startMs) * 16n + BigInt(count)).toString(16).padStart(16, '0'),
    name,
    kind: 3,
    startTimeUnixNano: String(BigInt(startMs) * 1_000_000n),
    endTimeUnixNano: String(BigInt(startMs + 5) * 1_000_000n),
    attributes: [
      attribute('panorama.subject', name),
      // Where the name cannot stand for a component, it is encoded until it can.
      attribute('service.peer.name', name),
      attribute('error.type', name),
      attribute('http.request.method', name),
      attribute('url.template', name),
      attribute(name, name),
    ],
    status: { code: 2, message: name },
    events: [
      { name: 'exception', attributes: [attribute('exception.type', name), attribute('exception.message', name)] },
    ],
  }));
  const resource = [
    'service.name',
    'service.namespace',
    'service.instance.id',
    'deployment.environment.name',
    name,
  ].map((key) => attribute(key, name));
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope: { name, version: name }, spans }] }],
  });
}

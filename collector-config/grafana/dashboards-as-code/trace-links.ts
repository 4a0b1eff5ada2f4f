// SPDX-License-Identifier: Apache-2.0
/**
 * From the dashboard of a subject to traces of calls that did not go well, of the time shown. Which attributes a caller's spans name the
 * subject by is not known here, so the ids of traces that the engine gives are the better evidence.
 */
import { LAST_PART, SERVICE } from './frame.js';

/** A search in Tempo, opened in Explore, for spans that failed, of the subject itself or of its callers. */
export function inTempo(datasource: string): string {
  const names = ['resource.service.instance.id', 'resource.service.name', 'span.server.address'];
  const any = names.map((name) => `${name} = "${filled(LAST_PART)}"`).join(' || ');
  const uid = filled(datasource);
  const panes = {
    panorama: {
      datasource: uid,
      queries: [
        {
          refId: 'A',
          queryType: 'traceql',
          query: `{ status = error && (${any}) }`,
          datasource: { type: 'tempo', uid },
        },
      ],
      range: { from: '${__from}', to: '${__to}' },
    },
  };
  return `/explore?schemaVersion=1&panes=${encoded(JSON.stringify(panes))}`;
}

/** A search in Jaeger's own pages, which want a service; their times are in microseconds, Grafana's in milliseconds. */
export function inJaeger(address: string): string {
  const tags = encoded(JSON.stringify({ error: 'true' }));
  const times = 'lookback=custom&start=${__from}000&end=${__to}000';
  return `\${${address}}/search?service=${filled(SERVICE)}&tags=${tags}&${times}&limit=20`;
}

const filled = (variable: string): string => `\${${variable}:percentencode}`;

/** A part of a URL, but for variables: those Grafana puts in, each encoded as it says itself. */
function encoded(text: string): string {
  return text.replaceAll(/(\$\{[^}]+\})|[^$]+|\$/g, (part, variable?: string) => variable ?? encodeURIComponent(part));
}

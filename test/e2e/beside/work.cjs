// SPDX-License-Identifier: Apache-2.0
/**
 * What an application does: it serves, calls itself in every way that instrumentations patch, and makes a span of its own
 * with a tracer that it had from the beginning.
 */
const { once } = require('node:events');

exports.work = async ({ http, httpNames, trace, early }) => {
  const server = http.createServer((request, response) => {
    response.writeHead(request.url === '/sick' ? 503 : 200).end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const answered = async (request) => {
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
  };
  await answered(http.get(`${url}/get`));
  await answered(http.request(`${url}/request`, { method: 'PUT' }).end());
  await answered(httpNames.get(`${url}/names-get`));
  await answered(httpNames.request(`${url}/names-request`, { method: 'PUT' }).end());
  await (await fetch(`${url}/fetched`, { method: 'POST' })).text();
  await (await fetch(`${url}/sick`, { method: 'DELETE' })).text();
  for (const tracer of [early, trace.getTracer('late')]) {
    await tracer.startActiveSpan('own work', async (span) => {
      await answered(http.get(`${url}/nested`));
      span.end();
    });
  }
  server.close();
  server.closeAllConnections();
};

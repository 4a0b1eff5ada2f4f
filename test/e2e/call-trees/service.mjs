// SPDX-License-Identifier: Apache-2.0
/**
 * One of our services: the stock instrumentations and `startPanorama`. It does what the tasks it is given say, and says
 * nothing of them but by baggage. D is called by gRPC, all others by HTTP; C hands a part of each task over.
 */
import { createRequire } from 'node:module';
import * as ours from 'panorama-otel/baggage';
import { jobsOf } from './jobs.mjs';
import { begin, doMethod } from './panorama.mjs';
import { bagsOf, bodyOf } from './run-steps.mjs';

const [service] = process.argv.slice(2);
const addresses = {};
const { run, wrongLooks, grpc, interceptors } = begin(service, addresses);
const http = createRequire(import.meta.url)('node:http');
const jobs = service === 'C' ? jobsOf(run, addresses) : undefined;

/** Does a task; `answer` is told whether well or badly, if the task is to be answered at all. */
async function serve({ steps, job, end }, answer) {
  await run(steps);
  const finish = () => {
    if (end === 'dies') process.send({ dying: true });
    if (end === 'answers' || end === 'fails') answer(end === 'answers');
  };
  if (job) await jobs.handOver(job, finish);
  else finish();
}

/** Runs trees, so many at a time, and tells what came home of each. */
async function runTrees({ trees, width }) {
  const { numbers, totals, looks } = bagsOf(ours);
  const results = [];
  let next = 0;
  const runner = async () => {
    for (let tree = next++; tree < trees.length; tree = next++) {
      await ours.withBaggage(async () => {
        await run(trees[tree]);
        results[tree] = {
          numbers: ours.unpack(numbers).map(({ n }) => n),
          totals: ours.unpack(totals),
          looks: ours.unpack(looks),
        };
      });
    }
  };
  await Promise.all(Array.from({ length: width }, runner));
  process.send({ results });
}

async function tell() {
  const told = [{ service, counts: ours.baggageCounts(), wrongLooks }];
  if (jobs) told.push(await jobs.told());
  process.send({ told });
}

async function meet(others) {
  Object.assign(addresses, others);
  await jobs?.meet();
  process.send({ met: true });
}

process.on('message', (message) => {
  if (message.addresses) meet(message.addresses);
  else if (message.trees) runTrees(message);
  else tell();
});
process.on('disconnect', () => process.exit(0));

if (service === 'D') {
  const server = new grpc.Server({ interceptors: [interceptors.server] });
  server.addService(
    { Do: doMethod },
    {
      Do({ request }, done) {
        serve(request, (well) => (well ? done(null, {}) : done({ code: grpc.status.INTERNAL, details: 'as asked' })));
      },
    },
  );
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.send({ address: `127.0.0.1:${port}` });
  });
} else {
  const server = http.createServer(async (request, response) => {
    serve(await bodyOf(request), (well) => {
      response.statusCode = well ? 200 : 500;
      response.end('done');
    });
  });
  // A connection that the server closes while the next request is on its way would lose that request.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send({ address: `127.0.0.1:${server.address().port}` }));
}

// SPDX-License-Identifier: Apache-2.0
/** An ensemble of three servers and two clients. */
import type { NodeSpec, System } from '../harness/system.js';

const ENSEMBLE = { ZOOKEEPER_PEERS: 'zk1,zk2,zk3' };

/** One server alone, for systems on top of it. */
export const STANDALONE_ZOOKEEPER: NodeSpec = {
  name: 'zk1',
  service: 'zookeeper',
  script: 'zookeeper/server.js',
  environment: { ZOOKEEPER_PEERS: 'zk1' },
};

export const ZOOKEEPER: System = {
  name: 'ZooKeeper-like',
  nodes: [
    ...['zk1', 'zk2', 'zk3'].map(
      (name): NodeSpec => ({ name, service: 'zookeeper', script: 'zookeeper/server.js', environment: ENSEMBLE }),
    ),
    ...['client-1', 'client-2'].map(
      (name): NodeSpec => ({
        name,
        service: 'zookeeper-client',
        script: 'zookeeper/client.js',
        isClient: true,
        environment: ENSEMBLE,
      }),
    ),
  ],
  detectors: ['zk1', 'zk2', 'zk3'],
  links: [
    { from: 'zk3', to: 'zk1', port: 'quorum' },
    { from: 'zk1', to: 'zk3', port: 'quorum' },
  ],
};

// SPDX-License-Identifier: Apache-2.0
/** The store in memory keeps the contract of stores. */
import { MemoryStore } from '../../../src/engine/store/memory-store.js';
import { storeContract } from '../../contract/store.js';

storeContract((options) => new MemoryStore(options));

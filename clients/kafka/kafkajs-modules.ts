import broker from 'kafkajs/src/broker';
import cluster from 'kafkajs/src/cluster';
import brokerPool from 'kafkajs/src/cluster/brokerPool';
import connectionPool from 'kafkajs/src/network/connectionPool';
import requestQueue from 'kafkajs/src/network/requestQueue';
import decoder from 'kafkajs/src/protocol/decoder';
import encoder from 'kafkajs/src/protocol/encoder';
import error from 'kafkajs/src/protocol/error';
import metadata from 'kafkajs/src/protocol/requests/metadata';

/**
 * The modules below kafkajs's public interface that this folder uses. They are imported by name, so that the package has
 * them in its bundle: from node_modules they load twice as slowly.
 */
export const KAFKAJS_MODULES = {
  'kafkajs/src/broker': broker,
  'kafkajs/src/cluster': cluster,
  'kafkajs/src/cluster/brokerPool': brokerPool,
  'kafkajs/src/network/connectionPool': connectionPool,
  'kafkajs/src/network/requestQueue': requestQueue,
  'kafkajs/src/protocol/decoder': decoder,
  'kafkajs/src/protocol/encoder': encoder,
  'kafkajs/src/protocol/error': error,
  'kafkajs/src/protocol/requests/metadata': metadata,
} as const;
export type KafkajsModules = typeof KAFKAJS_MODULES;

import { join } from 'node:path';
import { type Certificates, writeKeystore } from './certificates';
import { jaasConfig, type Credentials } from './kafka-credentials';
import { startOwnKafka } from './own-kafka';
import type { RunningServer } from './running-server';

/** A Kafka that accepts only clients with a certificate and a SCRAM password. Its two ports begin at `port`. */
export async function startSecureKafka(
  directory: string,
  port: number,
  { authority, server }: Certificates,
  { username, password }: Credentials,
): Promise<RunningServer> {
  const keystore = join(directory, 'kafka-keystore.pem');
  await writeKeystore(keystore, server);
  return startOwnKafka(directory, port, {
    listener: 'SASL_SSL',
    settings: {
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': jaasConfig({ username, password }),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.client.auth': 'required',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority,
    },
    format: ['--add-scram', `SCRAM-SHA-512=[name=${username},password=${password}]`],
  });
}

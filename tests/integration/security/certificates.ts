import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** Paths of PEM files. */
export interface Certificates {
  readonly authority: string;
  /** The identity of 127.0.0.1 and localhost. */
  readonly server: Identity;
  readonly client: Identity;
}

/** Makes an authority for the test, and certificates that it signed. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const run = async (...args: string[]): Promise<void> => {
    await promisify(execFile)('openssl', args, { cwd: folder });
  };
  const authority = join(folder, 'authority.pem');
  const authorityKey = join(folder, 'authority-key.pem');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = (name: string): string[] => ['-subj', `/CN=${name}`];
  await run(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    ...subject('authority'),
    '-keyout',
    authorityKey,
    '-out',
    authority,
  );
  const sign = async (name: string): Promise<Identity> => {
    const file = (ending: string): string => join(folder, `${name}${ending}`);
    const [certificate, key, request, extensions] = [
      file('.pem'),
      file('-key.pem'),
      file('.csr'),
      file('.ext'),
    ] as const;
    await writeFile(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n');
    await run('req', ...newKey, ...subject(name), '-keyout', key, '-out', request);
    const by = ['-CA', authority, '-CAkey', authorityKey, '-CAcreateserial', '-days', '2'];
    await run('x509', '-req', '-in', request, ...by, '-extfile', extensions, '-out', certificate);
    return { certificate, key };
  };
  return { authority, server: await sign('server'), client: await sign('client') };
}

/** Writes key and certificate to one PEM file, as Java reads them. */
export async function writeKeystore(path: string, { key, certificate }: Identity): Promise<void> {
  await writeFile(path, (await readFile(key, 'utf8')) + (await readFile(certificate, 'utf8')));
}

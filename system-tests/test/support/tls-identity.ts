import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate for `localhost`, and the certificate of the authority that signed it, all as PEM. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
  readonly caCert: string
  /** Where the authority's certificate lies. */
  readonly caCertPath: string
}

/** Makes an authority of its own in a directory. */
export function makeTlsIdentity(directory: string): TlsIdentity {
  const openssl = (command: string, ...more: readonly string[]): void => {
    execFileSync('openssl', [...command.split(' '), ...more], { cwd: directory, stdio: 'pipe' })
  }
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  openssl(
    `req -x509 ${key} -keyout ca.key -out ca.pem -days 2`,
    '-subj',
    '/CN=Mirror CA',
    '-addext',
    'keyUsage=critical,keyCertSign',
  )
  openssl(`req ${key} -keyout server.key -out server.csr -subj /CN=mirror`)
  writeFileSync(join(directory, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  openssl(
    'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out server.pem -days 1',
  )
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8')
  return {
    key: read('server.key'),
    cert: read('server.pem'),
    caCert: read('ca.pem'),
    caCertPath: join(directory, 'ca.pem'),
  }
}

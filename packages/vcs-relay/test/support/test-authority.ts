import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll } from 'vitest'

/** Key and certificate of a server, as PEM. */
export interface Identity {
  readonly key: string
  readonly cert: string
}

/**
 * An authority of our own, made with openssl in a directory below the system's temporary one. Make it
 * at the top of a test file; it goes with the file's tests.
 */
export class TestAuthority {
  readonly caCert: string
  readonly caPath: string
  readonly #directory: string
  #issued = 0

  constructor(name = 'Test CA') {
    this.#directory = mkdtempSync(join(tmpdir(), 'scalr-agent-ca-'))
    this.caPath = join(this.#directory, 'ca.pem')
    afterAll(() => rmSync(this.#directory, { recursive: true, force: true }))
    this.#openssl(
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 2`,
      ['-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign'],
    )
    this.caCert = readFileSync(this.caPath, 'utf8')
  }

  /** A certificate for these names: `DNS:localhost`, `IP:127.0.0.1`. */
  issue(names: readonly string[], options: { readonly expired?: boolean } = {}): Identity {
    this.#issued += 1
    const name = `server-${this.#issued}`
    this.#openssl(
      `req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${name}.key -out ${name}.csr`,
      ['-subj', '/CN=server'],
    )
    writeFileSync(join(this.#directory, `${name}.ext`), `subjectAltName=${names.join(',')}\n`)
    const validity = options.expired === true ? ['-days', '-1'] : ['-days', '1']
    this.#openssl(
      `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ${name}.ext -out ${name}.pem`,
      validity,
    )
    return {
      key: readFileSync(join(this.#directory, `${name}.key`), 'utf8'),
      cert: readFileSync(join(this.#directory, `${name}.pem`), 'utf8'),
    }
  }

  #openssl(command: string, more: readonly string[]): void {
    execFileSync('openssl', [...command.split(' '), ...more], {
      cwd: this.#directory,
      stdio: 'pipe',
    })
  }
}

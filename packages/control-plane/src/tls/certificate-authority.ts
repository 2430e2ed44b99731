// x509's decorators need the metadata polyfill before its first import.
import 'reflect-metadata'

import { webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

import { ControlPlaneError, errorCode, type Clock } from '../runtime/index.ts'
import { dataFiles, type FileStore } from '../store/index.ts'

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const
const dayMs = 24 * 3_600_000
const authorityDays = 3650
const serverDays = 397
const renewBeforeDays = 30

/** The control plane's own CA: key and certificate lie in `tls/` of the data directory. */
export interface CertificateAuthority {
  readonly certPath: string
  readonly certPem: string
  /** A server certificate for these DNS names and IP addresses; its key never touches the disk. */
  issue(names: readonly string[]): Promise<ServerCertificate>
}

export interface ServerCertificate {
  readonly key: string
  /** The chain: server certificate, then CA. */
  readonly cert: string
  readonly renewAt: Date
}

/** Reads the CA, or makes one on the first start. @throws {@link ControlPlaneError} */
export async function ensureCertificateAuthority(
  files: FileStore,
  options: { readonly clock: Clock },
): Promise<CertificateAuthority> {
  const authority = (await readAuthority(files)) ?? (await makeAuthority(files, options.clock))
  return {
    certPath: files.path(dataFiles.tls('ca.pem')),
    certPem: authority.certificate.toString('pem'),
    issue: (names) => issueServerCertificate(authority, names, options.clock),
  }
}

interface Authority {
  readonly certificate: X509Certificate
  readonly key: webcrypto.CryptoKey
}

async function readAuthority(files: FileStore): Promise<Authority | undefined> {
  const folder = join(files.path(dataFiles.tls('ca.pem')), '..')
  let certPem: string
  let keyPem: string
  try {
    // The certificate is written last: where it is, the key is too.
    certPem = readFileSync(join(folder, 'ca.pem'), 'utf8')
    keyPem = readFileSync(join(folder, 'ca-key.pem'), 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const key = await webcrypto.subtle.importKey(
      'pkcs8',
      PemConverter.decodeFirst(keyPem),
      keyAlgorithm,
      false,
      ['sign'],
    )
    return { certificate: new X509Certificate(certPem), key }
  } catch (error) {
    throw new ControlPlaneError(
      `Cannot read the CA in ${folder}: ca.pem or ca-key.pem is damaged. Restore them, or remove both ` +
        'so that a new CA is made (every client must then trust the new one).',
      { code: 'INVALID_CERTIFICATE', cause: error },
    )
  }
}

async function makeAuthority(files: FileStore, clock: Clock): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
  const now = clock.now().getTime()
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: 'CN=Scalr agent control plane CA',
      // A machine whose clock is a little behind must trust it at once.
      notBefore: new Date(now - dayMs),
      notAfter: new Date(now + authorityDays * dayMs),
      signingAlgorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  )
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  await files.write(dataFiles.tls('ca-key.pem'), PemConverter.encode(pkcs8, 'PRIVATE KEY'))
  await files.write(dataFiles.tls('ca.pem'), `${certificate.toString('pem')}\n`)
  return { certificate, key: keys.privateKey }
}

async function issueServerCertificate(
  authority: Authority,
  names: readonly string[],
  clock: Clock,
): Promise<ServerCertificate> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
  const now = clock.now().getTime()
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: 'CN=Scalr agent control plane',
      issuer: authority.certificate.subject,
      notBefore: new Date(now - dayMs),
      notAfter: new Date(now + serverDays * dayMs),
      publicKey: keys.publicKey,
      signingKey: authority.key,
      signingAlgorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
        ),
        await AuthorityKeyIdentifierExtension.create(authority.certificate),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  )
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    key: PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    cert: `${certificate.toString('pem')}\n${authority.certificate.toString('pem')}\n`,
    renewAt: new Date(now + (serverDays - renewBeforeDays) * dayMs),
  }
}

/** Positive and 127 bits long, as RFC 5280 asks. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

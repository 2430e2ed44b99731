import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { ConfigurationError } from '../errors/index.ts'

const begin = '-----BEGIN CERTIFICATE-----'
const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/gu

/**
 * A bundle of trusted certificates as PEM, from PEM, base64 of PEM, or the path of a file with PEM:
 * the forms that `SCALR_AGENT_CA_CERT` takes. Every certificate is parsed, so that a broken bundle is
 * found at start and not at the first connection.
 *
 * @throws {@link ConfigurationError} `INVALID_CA`
 */
export function readCaCert(value: string): string {
  const { pem, source } = toPem(value.trim())
  const blocks = pem.match(block)
  if (blocks === null) {
    throw invalid(`${source} holds no certificate (no '${begin}')`)
  }
  for (const [index, certificate] of blocks.entries()) {
    const problem = parseProblem(certificate)
    if (problem !== undefined) {
      throw invalid(`certificate ${index + 1} of ${source} cannot be parsed`, problem)
    }
  }
  return `${blocks.join('\n')}\n`
}

function toPem(value: string): { readonly pem: string; readonly source: string } {
  if (value.includes(begin)) return { pem: value, source: 'the given PEM text' }
  // Every certificate in PEM starts with the same five dashes, whose base64 no sensible path has.
  if (value.startsWith('LS0tLS1') && /^[A-Za-z0-9+/=\s]+$/u.test(value)) {
    return { pem: Buffer.from(value, 'base64').toString('utf8'), source: 'the given base64 text' }
  }
  if (value === '') throw invalid('the value is empty')
  if (value.length > 4096) {
    throw invalid('the value is neither PEM, nor base64 of PEM, nor a path')
  }
  try {
    return { pem: readFileSync(value, 'utf8'), source: `the file ${value}` }
  } catch (error) {
    throw invalid(`the file ${value} cannot be read`, error)
  }
}

function parseProblem(pem: string): unknown {
  try {
    return new X509Certificate(pem).serialNumber === '' ? new Error('no serial number') : undefined
  } catch (error) {
    return error
  }
}

function invalid(why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot use the CA certificate: ${why}. Give a path, PEM or base64 of PEM (SCALR_AGENT_CA_CERT).`,
    { code: 'INVALID_CA', cause },
  )
}

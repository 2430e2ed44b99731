import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigurationError } from '@scalr-agent/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { parseImageReference } from '../../src/images/image-reference.ts'
import { findCredentials, type RegistryAuth } from '../../src/images/registry-credentials.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sa-credentials-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const config = async (value: unknown): Promise<void> => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  await writeFile(join(directory, 'config.json'), text)
}

/** A credential helper as Docker's: the registry on standard input, JSON or words on standard output. */
const helper = async (name: string, script: string): Promise<void> => {
  const path = join(directory, `docker-credential-${name}`)
  await writeFile(path, `#!/bin/sh\nread -r registry\n${script}\n`)
  await chmod(path, 0o755)
}

const find = async (
  image: string,
  credentials: Readonly<Record<string, { username: string; password: string }>> = {},
): Promise<RegistryAuth | undefined> => {
  const reference = parseImageReference(image)
  if (reference === undefined) throw new Error(image)
  return await findCredentials(reference, {
    credentials,
    configDir: directory,
    helperEnv: { PATH: `${directory}:/usr/bin:/bin` },
    signal: AbortSignal.timeout(30_000),
  })
}

const basic = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64')
const hub = 'https://index.docker.io/v1/'

describe('credentials of a registry', () => {
  it('are none where there is no configuration, or none for this registry', async () => {
    expect(await find('busybox')).toBeUndefined()
    await config({ auths: { 'other.example.com': { auth: basic('u', 'p') } } })
    expect(await find('registry.example.com/a')).toBeUndefined()
    await config('')
    expect(await find('busybox')).toBeUndefined()
  })

  it('come from the file, by whatever name the registry has there', async () => {
    const auth = basic('robot', 'a:b:c')
    const expected = { username: 'robot', password: 'a:b:c' }
    await config({ auths: { [hub]: { auth } } })
    expect(await find('busybox')).toEqual({ ...expected, serveraddress: hub })
    for (const key of ['r.example.com:5000', 'https://r.example.com:5000/v2/']) {
      await config({ auths: { [key]: { auth } } })
      expect(await find('r.example.com:5000/a')).toEqual({
        ...expected,
        serveraddress: 'r.example.com:5000',
      })
    }
    await config({ auths: { 'r.example.com': { identitytoken: 'tok' } } })
    expect(await find('r.example.com/a')).toEqual({
      identitytoken: 'tok',
      serveraddress: 'r.example.com',
    })
  })

  it('come from the helper of that registry, before the helper for all and the file', async () => {
    await helper('one', `echo '{"ServerURL":"x","Username":"one","Secret":"s1"}'`)
    await helper('all', `echo "{\\"Username\\":\\"$registry\\",\\"Secret\\":\\"s2\\"}"`)
    await config({
      credHelpers: { 'r.example.com': 'one' },
      credsStore: 'all',
      auths: { 'r.example.com': { auth: basic('file', 'p') } },
    })
    expect(await find('r.example.com/a')).toMatchObject({ username: 'one', password: 's1' })
    expect(await find('busybox')).toMatchObject({ username: hub, password: 's2' })
  })

  it('from a helper may be an identity token, or none', async () => {
    await helper('token', `echo '{"Username":"<token>","Secret":"idt"}'`)
    await config({ credHelpers: { 'r.example.com': 'token' } })
    expect(await find('r.example.com/a')).toMatchObject({ identitytoken: 'idt' })
    await helper('token', `echo 'credentials not found in native keychain'; exit 1`)
    expect(await find('r.example.com/a')).toBeUndefined()
    await config({ credsStore: 'token', auths: { 'r.example.com': { auth: basic('file', 'p') } } })
    expect(await find('r.example.com/a')).toMatchObject({ username: 'file' })
  })

  it('that are given count before all others', async () => {
    await config({ credsStore: 'absent' })
    const given = { username: 'me', password: 'p' }
    expect(await find('r.example.com/a', { 'r.example.com': given })).toMatchObject(given)
  })

  it.each([
    ['is missing', 'absent', undefined, /`docker-credential-absent` is not in PATH/u],
    ['fails', 'bad', 'echo secret-9; echo locked >&2; exit 3', /exit code 3.*: locked/u],
    ['answers nonsense', 'bad', 'echo secret-9', /what is no credential/u],
    ['has a name that is none', '../bad', undefined, /is no name of a credential helper/u],
  ])('say that a helper %s, without what it printed', async (_how, name, script, message) => {
    if (script !== undefined) await helper(name, script)
    await config({ credsStore: name })
    const error: unknown = await find('r.example.com/a').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'CredentialHelperError' })
    expect(String(error)).toMatch(message)
    expect(String(error)).not.toContain('secret-9')
  })

  it('cannot come from a file that is broken, whose text is not shown', async () => {
    await config('{"auths": secret-9')
    const error: unknown = await find('busybox').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(String(error)).toContain('it is no JSON')
    expect(String(error)).not.toContain('secret-9')
  })
})

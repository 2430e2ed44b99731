import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createProxy } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'

import { systemClock } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { createKubeClient } from '../../src/calls/create-kube-client.ts'
import type { ClusterOptions } from '../../src/cluster/cluster-options.ts'
import { connectCluster } from '../../src/cluster/connect-cluster.ts'
import { isAway, toKubernetesError } from '../../src/kubernetes-error.ts'
import { answer, failure, KubeServer, type Seen } from '../support/kube-server.ts'

const { signal } = new AbortController()

/** Answers those with that authorization, and says 401 to all others. */
const onlyFor =
  (allowed: () => string): KubeServer['handler'] =>
  ({ headers }, response) => {
    if (headers.authorization === allowed()) answer(response, { items: [] })
    else answer(response, failure(401, 'Unauthorized', 'Unauthorized'), 401)
  }
const authorizations = (server: KubeServer): readonly unknown[] =>
  server.requests.map(({ headers }: Seen) => headers.authorization)

async function listPods(options: ClusterOptions): Promise<readonly unknown[]> {
  const cluster = await connectCluster(options)
  try {
    return await createKubeClient(cluster).pods.list('', signal)
  } finally {
    cluster.close()
  }
}
async function problemOf(working: Promise<unknown>): Promise<string> {
  const error: unknown = await working.then(
    () => new Error('it worked'),
    (problem: unknown) => problem,
  )
  expect(isAway(error)).toBe(false)
  return toKubernetesError(error, { phase: 'check', doing: 'check' }).message
}
const read = (server: KubeServer, name: string): string =>
  readFileSync(join(server.directory, name), 'utf8')
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('tokens', () => {
  it('that rotate in their file, as those of service accounts do, are read anew', async () => {
    await using server = await KubeServer.start()
    const directory = server.directory
    writeFileSync(join(directory, 'token'), 'one')
    writeFileSync(join(directory, 'ca.crt'), server.ca)
    server.handler = (_request, response) => answer(response, { items: [] })
    const cluster = await connectCluster({
      inCluster: { host: '127.0.0.1', port: server.port, directory },
    })
    const { pods } = createKubeClient(cluster)
    await pods.list('', signal)
    writeFileSync(join(directory, 'token'), 'two\n')
    await pods.list('', signal)
    expect(authorizations(server)).toEqual(['Bearer one', 'Bearer two'])
    cluster.close()
  })

  it('that are refused are looked for in the kubeconfig again, once', async () => {
    await using server = await KubeServer.start()
    const path = join(server.directory, 'config')
    writeFileSync(path, server.kubeconfig({ token: 'old' }))
    let good = 'Bearer old'
    server.handler = onlyFor(() => good)
    const cluster = await connectCluster({ kubeconfig: path })
    const { pods } = createKubeClient(cluster)
    await pods.list('', signal)
    good = 'Bearer new'
    writeFileSync(path, server.kubeconfig({ token: 'new' }))
    await pods.list('', signal)
    good = 'Bearer newest'
    expect(await problemOf(pods.list('', signal))).toContain('has expired: renew it')
    expect(authorizations(server)).toEqual(['old', 'old', 'new', 'new'].map((t) => `Bearer ${t}`))
    cluster.close()
  })
})

describe('credential plugins', () => {
  const plugin = (server: KubeServer, script: string): object => {
    const command = join(server.directory, 'plugin')
    writeFileSync(command, `#!/bin/sh\n${script}\n`)
    chmodSync(command, 0o755)
    return {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command,
        args: ['a b'],
        env: [{ name: 'PLUGIN_WORD', value: 'x"y' }],
      },
    }
  }
  const credential = (token: string, expires?: Date): string =>
    JSON.stringify({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      status: { token, expirationTimestamp: expires?.toISOString() },
    })

  it('run once for many calls, with what kubectl gives them', async () => {
    await using server = await KubeServer.start()
    const log = join(server.directory, 'log')
    const user = plugin(
      server,
      `echo "$1 $PLUGIN_WORD $AGENT_WORD $KUBERNETES_EXEC_INFO" >>'${log}'; printf '%s' '${credential('t1')}'`,
    )
    server.handler = onlyFor(() => 'Bearer t1')
    const cluster = await connectCluster({
      kubeconfig: server.kubeconfig(user),
      pluginEnv: { AGENT_WORD: 'ours', PLUGIN_WORD: 'overruled' },
    })
    const { pods } = createKubeClient(cluster)
    await Promise.all([1, 2, 3].map(async () => await pods.list('', signal)))
    await pods.list('', signal)
    const info =
      '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}'
    expect(readFileSync(log, 'utf8')).toBe(`a b x"y ours ${info}\n`)
    cluster.close()
  })

  it('run again when what they gave is about to end, and when it is refused before', async () => {
    await using server = await KubeServer.start()
    const counter = join(server.directory, 'n')
    writeFileSync(counter, '')
    const soon = new Date(Date.now() + 10_000)
    const user = plugin(
      server,
      `printf x >>'${counter}'; n=$(wc -c <'${counter}'); printf '${credential('t%s', soon)}' "$n"`,
    )
    server.handler = (_request, response) => answer(response, { items: [] })
    const cluster = await connectCluster({ kubeconfig: server.kubeconfig(user) })
    const { pods } = createKubeClient(cluster)
    await pods.list('', signal)
    await pods.list('', signal)
    expect(authorizations(server)).toEqual(['Bearer t1', 'Bearer t2'])

    const lasting = plugin(
      server,
      `printf x >>'${counter}'; n=$(wc -c <'${counter}'); printf '${credential('t%s')}' "$n"`,
    )
    server.handler = onlyFor(() => 'Bearer t4')
    await listPods({ kubeconfig: server.kubeconfig(lasting) })
    expect(authorizations(server).slice(2)).toEqual(['Bearer t3', 'Bearer t4'])
    cluster.close()
  })

  it('I12: that fail are told with their complaint, never with what they printed', async () => {
    await using server = await KubeServer.start()
    const failing = plugin(server, "echo canary-secret; echo 'please log in' >&2; exit 3")
    const told = await problemOf(listPods({ kubeconfig: server.kubeconfig(failing) }))
    expect(told).toContain('exit code 3: please log in')
    expect(told).not.toContain('canary')
    const talking = plugin(server, 'echo canary-secret')
    const shape = await problemOf(listPods({ kubeconfig: server.kubeconfig(talking) }))
    expect(shape).toContain('it printed no ExecCredential')
    expect(shape).not.toContain('canary')
    const missing = { exec: { command: '/no/such/plugin', installHint: 'get it at example.com' } }
    expect(await problemOf(listPods({ kubeconfig: server.kubeconfig(missing) }))).toContain(
      'there is no such program (get it at example.com)',
    )
  })
})

describe('certificates', () => {
  it('of ours are shown, and newer ones in the file are taken for the next call', async () => {
    await using server = await KubeServer.start()
    const path = (name: string): string => join(server.directory, name)
    const user = { 'client-certificate': path('me.pem'), 'client-key': path('me.key') }
    const show = (name: string): void => {
      writeFileSync(path('me.pem'), read(server, `${name}.pem`))
      writeFileSync(path('me.key'), read(server, `${name}.key`))
    }
    const shown: string[] = []
    server.handler = (_request, response, raw) => {
      const { socket } = raw
      if ('getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function') {
        const certificate: unknown = socket.getPeerCertificate()
        shown.push(String(Object(certificate)['serialNumber']))
      }
      answer(response, { items: [] })
    }
    show('client')
    const cluster = await connectCluster({ kubeconfig: server.kubeconfig(user) })
    const { pods } = createKubeClient(cluster)
    await pods.list('', signal)
    await pods.list('', signal)
    show('client2')
    await pods.list('', signal)
    expect(shown[0]).toMatch(/^[0-9A-F]{8,}$/u)
    expect([shown[1] === shown[0], shown[2] === shown[0]]).toEqual([true, false])
    cluster.close()
  })

  it('of ours that have expired are told as such, before the server says "Unauthorized"', async () => {
    await using server = await KubeServer.start()
    const user = {
      'client-certificate-data': base64(read(server, 'expired.pem')),
      'client-key-data': base64(read(server, 'expired.key')),
    }
    const told = await problemOf(listPods({ kubeconfig: server.kubeconfig(user) }))
    expect(told).toContain('our client certificate expired at 20')
    expect(told).toContain('Renew the kubeconfig.')
    expect(server.requests).toEqual([])
  })

  it('of ours from the future are a clock that goes wrong', async () => {
    await using server = await KubeServer.start()
    const user = {
      'client-certificate-data': base64(read(server, 'client.pem')),
      'client-key-data': base64(read(server, 'client.key')),
    }
    const clock = { ...systemClock, now: () => new Date('2020-01-01T00:00:00Z') }
    const cluster = await connectCluster({ kubeconfig: server.kubeconfig(user) }, { clock })
    const told = await problemOf(createKubeClient(cluster).pods.list('', signal))
    expect(told).toContain('Set the clock of this machine.')
  })

  it('of a server that has expired, or is from another authority, are told as such', async () => {
    await using server = await KubeServer.start()
    const foreign = { 'certificate-authority-data': base64(read(server, 'other.pem')) }
    const other = server.kubeconfig(undefined, foreign)
    expect(await problemOf(listPods({ kubeconfig: other }))).toContain(
      'not from the authority in the kubeconfig',
    )
    await server.down()
    await server.up('expired')
    expect(await problemOf(listPods({ kubeconfig: server.kubeconfig() }))).toContain(
      'the certificate of the API server has expired',
    )
  })

  it('are checked whatever the environment says', async () => {
    await using server = await KubeServer.start()
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      const foreign = { 'certificate-authority-data': base64(read(server, 'other.pem')) }
      const other = server.kubeconfig(undefined, foreign)
      expect(await problemOf(listPods({ kubeconfig: other }))).toContain('not from the authority')
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })
})

it('acts as another user where the kubeconfig says so', async () => {
  await using server = await KubeServer.start()
  server.handler = (_request, response) => answer(response, { items: [] })
  await listPods({
    kubeconfig: server.kubeconfig({ token: 't', as: 'bot', 'as-groups': ['a', 'b'] }),
  })
  expect(server.requests[0]?.headers).toMatchObject({
    'impersonate-user': 'bot',
    'impersonate-group': 'a, b',
  })
})

it("goes through the kubeconfig's proxy, with TLS to the server itself", async () => {
  await using server = await KubeServer.start()
  server.handler = (_request, response) => answer(response, { items: [] })
  const asked: unknown[] = []
  const open = new Set<Socket>()
  const proxy = createProxy()
  proxy.on('connect', (request, socket: Socket) => {
    asked.push([request.url, request.headers['proxy-authorization']])
    const onward = connect(server.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const each of [socket, onward]) {
      each.on('error', () => {})
      open.add(each)
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = proxy.address() as AddressInfo
  const through = { 'proxy-url': `http://me:word@127.0.0.1:${port}` }
  await listPods({ kubeconfig: server.kubeconfig(undefined, through) })
  const basic = `Basic ${Buffer.from('me:word').toString('base64')}`
  expect(asked).toEqual([[`127.0.0.1:${server.port}`, basic]])
  for (const socket of open) socket.destroy()
  await new Promise((resolve) => proxy.close(resolve))
})

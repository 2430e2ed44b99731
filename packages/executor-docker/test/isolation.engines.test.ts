import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'

import { expect, it } from 'vitest'

import { describeWithEngine } from './support/docker-engine.ts'
import { docker } from './support/docker-client.ts'
import { useEngine } from './support/engine-suite.ts'
import { readAll, shellSpec, until } from './support/workloads.ts'

const run = promisify(execFile)

describeWithEngine('a workload in its container', () => {
  const suite = useEngine()

  async function say(script: string, changes = {}): Promise<string> {
    return (await readAll(await suite.launch(script, changes))).toString()
  }

  it('writes nowhere but into its job directory and /tmp', async () => {
    const script = `for d in / /etc /bin /opt /tmp /.scalr-agent; do
      if (: >"$d/probe") 2>/dev/null; then echo "$d"; fi
    done`
    expect(await say(script)).toBe('/opt\n/tmp\n')
  })

  it('runs programs that a hook left in /tmp', async () => {
    expect(await say(`printf '#!/bin/sh\\necho ran' >/tmp/x; chmod 755 /tmp/x; /tmp/x`)).toBe(
      'ran\n',
    )
  })

  it('has no rights, and can get none', async () => {
    const status = await say(
      'id -u; id -g; grep -E "^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs)" /proc/self/status',
    )
    expect(status.split('\n').slice(0, 2)).toEqual(['1000', '1000'])
    expect(status.match(/Cap\w+:\t0000000000000000/gu)).toHaveLength(5)
    expect(status).toContain('NoNewPrivs:\t1')
  })

  it('may be root, with few rights, where the option says so', async () => {
    const executor = await suite.create({ root: true })
    const workload = await executor.launch(
      shellSpec('id -u; touch /etc/x && chown 5 /etc/x && echo may'),
    )
    expect((await readAll(workload)).toString()).toBe('0\nmay\n')
  })

  it('starts no more processes than the limit, and its end is told nevertheless', async () => {
    const executor = await suite.create({ pidsLimit: 40 })
    const bomb = 'i=0; while [ $i -lt 100 ]; do sleep 60 & i=$((i+1)); done; echo not reached'
    const workload = await executor.launch(shellSpec(`(${bomb}) 2>&1 | head -1; exit 7`))
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 7 })
    expect((await readAll(workload)).toString()).toMatch(/fork/u)
  })

  it('finds what its image has below /opt', async () => {
    const name = `probe-opt-${process.pid}`
    await docker(
      suite.host,
      'run',
      '--name',
      name,
      'local/busybox:1',
      'sh',
      '-c',
      'mkdir -p /opt/tool; echo yes >/opt/tool/x',
    )
    const image = `local/${name}`
    try {
      await docker(suite.host, 'commit', name, image)
      const workload = await suite.launch('cat tool/x', { image })
      expect((await readAll(workload)).toString()).toBe('yes\n')
      await workload.destroy()
    } finally {
      await docker(suite.host, 'rm', name)
      await docker(suite.host, 'rmi', image)
    }
  })

  it('I12: leaves no secret in anything that the engine shows, from its start to its end', async () => {
    const canary = `canary-${process.pid}-secret`
    const workload = await suite.launch(
      'echo "$CANARY" | md5sum >/dev/null; echo ready; sleep 60',
      {
        secretEnv: { CANARY: canary },
      },
    )
    await until(workload, 'ready')
    const name = `scalr-agent-${workload.id}`
    const look = async (): Promise<string> =>
      (
        await Promise.all([
          docker(suite.host, 'inspect', name),
          docker(suite.host, 'logs', name),
          docker(suite.host, 'top', name, '-eo', 'pid,args'),
          docker(suite.host, 'diff', name),
          docker(suite.host, 'exec', name, 'sh', '-c', 'find /.scalr-agent -type f -exec cat {} +'),
          docker(
            suite.host,
            'events',
            '--since',
            '10m',
            '--until',
            '0s',
            '--filter',
            `container=${name}`,
          ),
        ])
      ).join('\n')
    const shown = await look()
    expect(shown).toContain(workload.id)
    expect(shown).not.toContain(canary)
    expect(shown).not.toContain(Buffer.from(canary).toString('base64').slice(0, 16))
  })

  it.runIf(process.getuid?.() === 0)(
    'does not reach the metadata service of a cloud, and reaches the rest',
    async () => {
      const address = '169.254.169.254'
      await run('ip', ['address', 'add', `${address}/32`, 'dev', 'lo'])
      const listen = `require('node:http').createServer((q, a) => a.end('metadata')).listen(8099, () => console.log('up'))`
      const server = spawn(process.execPath, ['-e', listen], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      try {
        await once(server.stdout, 'data')
        const gateway = await docker(
          suite.host,
          'network',
          'inspect',
          'bridge',
          '--format',
          '{{(index .IPAM.Config 0).Gateway}}',
        )
        const script = `for a in ${address} ${gateway} host.docker.internal; do
        echo "$a $(timeout 8 wget -q -O- "http://$a:8099/" 2>/dev/null || echo unreachable)"
      done`
        const blocked = await say(script)
        expect(blocked).toBe(
          `${address} unreachable\n${gateway} metadata\nhost.docker.internal metadata\n`,
        )
        const open = await suite.create({ metadata: 'allow' })
        expect((await readAll(await open.launch(shellSpec(script)))).toString()).toContain(
          `${address} metadata\n`,
        )
      } finally {
        server.kill()
        await run('ip', ['address', 'del', `${address}/32`, 'dev', 'lo'])
      }
    },
  )
})

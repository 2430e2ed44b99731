import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { DockerExecutor } from '@scalr-agent/executor-docker'

import type { KitSubject } from './kit-executors.ts'

const run = promisify(execFile)
/** Any image with a shell and small tools; the tests' own by default. */
const image = process.env['KIT_IMAGE'] ?? 'local/busybox:1'
const label = 'io.scalr.agent.workload'

/** The Docker executor, on the engine of DOCKER_HOST or one that `scripts/engines` starts. */
export async function openDockerExecutor(): Promise<KitSubject> {
  const host = process.env['DOCKER_HOST'] ?? (await engine('docker.sh'))
  const docker = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await run('docker', ['--host', host, ...words], {
      maxBuffer: 64 * 1024 ** 2,
    })
    return stdout
  }
  await docker('image', 'inspect', image).catch(async () => await engine('docker-images.sh', host))
  const childModule = new URL('docker-child.ts', import.meta.url)
  childModule.searchParams.set('host', host)
  const volumes = join((await docker('info', '--format', '{{.DockerRootDir}}')).trim(), 'volumes')
  const seesVolumes = await access(volumes).then(
    () => true,
    () => false,
  )
  return {
    options: {
      // On its own machine, what the engine keeps on disk is searched, too.
      ...(seesVolumes ? { recordsDirectory: volumes } : {}),
      create: async () => await DockerExecutor.connect({ engine: { host } }),
      image,
      childModule,
      childNodeArguments: ['--conditions=@scalr-agent/source'],
      vanish: async (id) => {
        await docker('rm', '--force', '--volumes', `scalr-agent-${id}`)
        // Its volumes do not go with it. An agent would remove them when it lists; here nobody does.
        const left = await docker('volume', 'ls', '--quiet', '--filter', `label=${label}=${id}`)
        for (const name of left.split('\n').filter((line) => line !== '')) {
          await docker('volume', 'rm', '--force', name)
        }
      },
      inspect: async (id) => await inspect(docker, `scalr-agent-${id}`),
      countResources: async () => await countResources(docker),
      timeoutFactor: 2,
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

type DockerClient = (...words: readonly string[]) => Promise<string>

/** What whoever may use the engine sees of a container without entering it. */
async function inspect(docker: DockerClient, name: string): Promise<string> {
  const texts = await Promise.all([
    docker('inspect', '--size', name),
    docker('logs', name),
    docker('ps', '--all', '--no-trunc', '--filter', `name=${name}`),
    docker('events', '--since', '1h', '--until', '0s', '--filter', `container=${name}`),
  ])
  return texts.join('\n')
}

/** Containers and volumes of workloads. */
async function countResources(docker: DockerClient): Promise<number> {
  const lists = await Promise.all([
    docker('ps', '--all', '--quiet', '--filter', `label=${label}`),
    docker('volume', 'ls', '--quiet'),
  ])
  return lists.flatMap((text) => text.split('\n').filter((line) => line !== '')).length
}

/** The last line that a script of `scripts/engines` prints. */
async function engine(script: string, host?: string): Promise<string> {
  const path = fileURLToPath(new URL(`../engines/${script}`, import.meta.url))
  const env = host === undefined ? process.env : { ...process.env, DOCKER_HOST: host }
  const { stdout } = await run('bash', [path, 'up'], { env })
  return stdout.trim().split('\n').at(-1) ?? ''
}

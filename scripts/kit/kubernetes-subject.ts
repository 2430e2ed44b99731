import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { KubernetesExecutor } from '@scalr-agent/executor-k8s'

import type { KitSubject } from './kit-executors.ts'

const run = promisify(execFile)
/** Any image with a shell, tar and small tools; the tests' own by default. */
const image = process.env['KIT_IMAGE'] ?? 'local/busybox:1'
const ours = 'app.kubernetes.io/managed-by=scalr-agent'
const kinds = 'jobs,pods,poddisruptionbudgets,networkpolicies'

/** The Kubernetes executor, on the cluster of KUBECONFIG or one that `scripts/engines` starts. */
export async function openKubernetesExecutor(): Promise<KitSubject> {
  const given = process.env['KUBECONFIG']
  const kubeconfig = given ?? (await engine('kubernetes.sh'))
  if (given === undefined) await engine('kubernetes-images.sh')
  const kubectl = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await run(kubectlProgram(), ['--kubeconfig', kubeconfig, ...words], {
      maxBuffer: 64 * 1024 ** 2,
    })
    return stdout
  }
  const childModule = new URL('kubernetes-child.ts', import.meta.url)
  childModule.searchParams.set('kubeconfig', kubeconfig)
  return {
    options: {
      create: async () => new KubernetesExecutor({ cluster: { kubeconfig } }),
      image,
      childModule,
      childNodeArguments: ['--conditions=@scalr-agent/source'],
      vanish: async (id) => {
        const which = `--selector=agent.scalr.io/workload=${id}`
        // A pod that is deleted interrupts its job first. This one shall be gone without a word: whoever makes that
        // directory is the one to interrupt, and we do not.
        const pods = await kubectl('get', 'pods', which, '--output=name')
        for (const pod of pods.split('\n').filter((line) => line !== '')) {
          const inMain = ['exec', pod, '--container=main', '--', 'mkdir', '/.scalr-agent/run/soft']
          await kubectl(...inMain).catch(() => {})
        }
        await kubectl('delete', 'jobs', which, '--cascade=orphan')
        await kubectl('delete', kinds, which, '--grace-period=1', '--wait')
      },
      inspect: async (id) => await inspect(kubectl, id),
      countResources: async () => {
        const names = await kubectl('get', kinds, `--selector=${ours}`, '--output=name')
        return names.split('\n').filter((line) => line !== '').length
      },
      timeoutFactor: 3,
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

/** What whoever may read everything in the namespace sees of a workload without entering it. */
async function inspect(
  kubectl: (...words: readonly string[]) => Promise<string>,
  id: string,
): Promise<string> {
  const which = `--selector=agent.scalr.io/workload=${id}`
  // Before 1.21 kubectl hid nothing, and had no word for it.
  const flag = '--show-managed-fields'
  const wholeObjects = (await kubectl('get', '--help')).includes(flag) ? [flag] : []
  const texts = await Promise.all([
    kubectl('get', kinds, which, '--output=yaml', ...wholeObjects),
    kubectl('get', 'secrets,configmaps,events', '--output=yaml'),
    kubectl('logs', which, '--all-containers', '--tail=-1'),
  ])
  return texts.join('\n')
}

function kubectlProgram(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '', '.cache')
  const engines = process.env['SCALR_SDK_ENGINES_DIR'] ?? join(cache, 'scalr-agent-sdk/engines')
  const own = join(engines, 'bin/kubectl')
  return existsSync(own) ? own : 'kubectl'
}

/** The last line that a script of `scripts/engines` prints. */
async function engine(script: string): Promise<string> {
  const path = fileURLToPath(new URL(`../engines/${script}`, import.meta.url))
  const { stdout } = await run('bash', [path, 'up'])
  return stdout.trim().split('\n').at(-1) ?? ''
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import type { Executor } from '@scalr-agent/core'
import {
  createReceiver,
  ServerlessLauncher,
  toNodeHandler,
  type ServerlessLauncherOptions,
} from '@scalr-agent/core/serverless'

import type { Platform } from './platform.ts'

const secret = { name: 'x-launch-secret', value: 'secret-of-the-webhook', sensitive: true }

/** A launcher in this process; the platform's pool posts its tasks to it. */
export class RunningLauncher implements AsyncDisposable {
  readonly launcher: ServerlessLauncher
  readonly #close: () => Promise<void>

  private constructor(launcher: ServerlessLauncher, close: () => Promise<void>) {
    this.launcher = launcher
    this.#close = close
  }

  static async start(
    platform: Platform,
    options: { readonly executor: Executor } & Partial<ServerlessLauncherOptions>,
  ): Promise<RunningLauncher> {
    const launcher = await ServerlessLauncher.open({
      dataDir: join(platform.directory, 'launcher'),
      url: platform.url,
      token: platform.poolToken,
      ...options,
    })
    const receive = createReceiver({
      launcher,
      secret: { header: secret.name, values: [secret.value] },
      path: '/tasks',
    })
    const server = createServer(toNodeHandler(receive))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a server that listens on a port
    const { port } = server.address() as AddressInfo
    await platform.client.agentPools.update(platform.poolId, {
      webhookEnabled: true,
      webhookUrl: `http://127.0.0.1:${port}/tasks`,
      webhookHeaders: [secret],
    })
    return new RunningLauncher(launcher, async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await launcher.close()
      await options.executor[Symbol.asyncDispose]()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

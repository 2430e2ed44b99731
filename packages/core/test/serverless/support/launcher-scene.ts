import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  createReceiver,
  ServerlessLauncher,
  toNodeHandler,
  type ReceiverOptions,
  type ServerlessLauncherOptions,
} from '../../../src/serverless/index.ts'
import { FakeEngine, FakeExecutor, type FakeExecutorOptions } from '../../../src/testing/index.ts'
import { listen } from '../../http/support/test-server.ts'

export const secret = 'c4n4ry-of-the-webhook'
export const token = 'c4n4ry-of-the-pool'

type SceneOptions = Partial<ServerlessLauncherOptions> & {
  readonly receiver?: Partial<ReceiverOptions>
  readonly trustedProxies?: readonly string[]
}

/** A launcher with a receiver before it, on an engine that outlives it. */
export class LauncherScene implements AsyncDisposable {
  readonly engine = new FakeEngine()
  readonly dataDir: string
  executor: FakeExecutor
  launcher!: ServerlessLauncher
  url = ''
  #close: () => Promise<void> = async () => {}

  private constructor(dataDir: string, program: FakeExecutorOptions['program']) {
    this.dataDir = dataDir
    this.executor = new FakeExecutor({ program, engine: this.engine })
  }

  static async start(
    program: FakeExecutorOptions['program'],
    options: SceneOptions = {},
  ): Promise<LauncherScene> {
    const scene = new LauncherScene(await mkdtemp(join(tmpdir(), 'launcher-')), program)
    await scene.open(options)
    return scene
  }

  async open(options: SceneOptions = {}): Promise<void> {
    const { receiver, trustedProxies, ...rest } = options
    this.launcher = await ServerlessLauncher.open({
      executor: this.executor,
      dataDir: this.dataDir,
      url: 'https://acme.scalr.io',
      token,
      ...rest,
    })
    const receive = createReceiver({
      launcher: this.launcher,
      secret: { header: 'x-launch-secret', values: [secret] },
      ...receiver,
    })
    const { port, close } = await listen(
      createServer(toNodeHandler(receive, trustedProxies === undefined ? {} : { trustedProxies })),
    )
    this.url = `http://127.0.0.1:${port}`
    this.#close = close
  }

  /** Posts a task as Scalr does. */
  async post(
    taskId: string,
    more: {
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly method?: string
      readonly path?: string
    } = {},
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
    const body = { task_id: taskId, action: 'plan', run_id: 'run-1', workspace_id: 'ws-1' }
    const method = more.method ?? 'POST'
    const answer = await fetch(this.url + (more.path ?? '/'), {
      method,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': taskId,
        'x-launch-secret': secret,
        ...more.headers,
      },
      ...(method === 'GET' ? {} : { body: more.body ?? JSON.stringify(body) }),
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }

  /** Lets go, as a process that ends; what runs goes on. */
  async closeAll(): Promise<void> {
    await this.launcher.close()
    await this.#close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeAll()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

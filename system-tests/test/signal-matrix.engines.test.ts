import { afterAll, beforeAll, describe, it } from 'vitest'

import { Daemon } from './support/daemon.ts'
import { Platform } from './support/platform.ts'
import { ProviderMirror, realProviders } from './support/provider-mirror.ts'
import { proveSignalCell, signalCells } from './support/signal-matrix.ts'
import { realTools } from './support/tools.ts'

const providers = realProviders('signal matrix')

describe.skipIf(providers === undefined).each(realTools())(
  'interrupting a job of real $iac under the process executor',
  (tool) => {
    let mirror: ProviderMirror

    beforeAll(async () => {
      mirror = await ProviderMirror.start(providers ?? [])
    })

    afterAll(() => mirror[Symbol.asyncDispose]())

    it.each(signalCells)('$phase, $level: outcome, state and lock are true', async (cell) => {
      await using platform = await Platform.start()
      const daemon = (name: string, env: Readonly<Record<string, string>>): Promise<Daemon> =>
        Daemon.start(platform, {
          tool,
          name,
          env: {
            SCALR_AGENT_CA_CERT: mirror.caCertPath,
            SCALR_AGENT_PROVIDER_NETWORK_MIRRORS: JSON.stringify([{ url: mirror.url }]),
            ...env,
          },
        })
      await proveSignalCell({ platform, iac: tool.iac, address: '127.0.0.1', daemon }, cell)
    })
  },
)

import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

import { RelayAgent } from '../../src/index.ts'
import { handler } from './requests.ts'

/**
 * A VCS agent as a process of its own, to be killed. `/endless` never stops sending, `/silent` never
 * answers; everything else says who it is.
 */
const [url = '', token = '', name = '', dataDir = '', channel] = process.argv.slice(2)

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) {
    yield Buffer.alloc(64 * 1024)
    await delay(5)
  }
}

const agent = new RelayAgent({
  url,
  token,
  name,
  dataDir,
  channel: channel === 'long-poll' ? 'long-poll' : 'websocket',
  handlers: {
    ghe: handler(async ({ target, body }, signal) => {
      if (target === '/silent') {
        process.stdout.write('silent\n')
        for await (const _chunk of body ?? []);
        await delay(600_000, undefined, { signal })
      }
      return { body: Readable.from(target === '/endless' ? endless() : [Buffer.from(name)]) }
    }),
  },
})
await agent.run()

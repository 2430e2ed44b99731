import { createVcsHandler, RelayAgent } from '@scalr-agent/vcs-relay'

/** A VCS agent with the handler of a GitHub Enterprise Server, policy and all. */
const [url = '', vcsUrl = '', caCert = '', token = '', dataDir = ''] = process.argv.slice(2)

const agent = new RelayAgent({
  url,
  token,
  dataDir,
  name: 'bench',
  connection: { caCert },
  handlers: {
    ghe: createVcsHandler({
      kind: 'github-enterprise',
      url: vcsUrl,
      caCert,
      credentials: { type: 'none' },
    }),
  },
})
process.stdout.write('{}\n')
await agent.run()

import { createControlPlane } from '../../src/index.ts'

// A control plane in a process of its own, to be killed: `serving-process.ts <dataDir> <port>`.
const [, , dataDir = '', port = '0'] = process.argv
const controlPlane = await createControlPlane({
  dataDir,
  port: Number(port),
  // Nobody sends heartbeats here, and a busy machine is no reason to take a job away.
  timing: { leaseMs: 600_000, vcsRetryMs: 20, webhookRetryMs: 20, reaperEveryMs: 100 },
})
process.send?.({ url: controlPlane.url, ownerToken: controlPlane.ownerToken() })

// A control plane as users run it: the built packages, no type stripping, no flags of Node.
import { createControlPlane } from '@scalr-agent/control-plane'

const server = await createControlPlane({ dataDir: process.argv[2] })
const { url, accountId } = server
process.stdout.write(`${JSON.stringify({ url, accountId, token: server.ownerToken() })}\n`)
process.once('SIGTERM', () => void server.close())

import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const sshd = '/usr/sbin/sshd'

/** Whether this machine can be both ends of a tunnel (Debian: openssh-server). */
export const canTunnel = existsSync(sshd)

/**
 * `ssh -R`: what people use where there is no relay. A server and a client of OpenSSH on this machine, with keys of
 * their own; the server's side of the tunnel is a port of it.
 */
export async function openSshTunnel(
  directory: string,
  toPort: number,
): Promise<AsyncDisposable & { readonly port: number }> {
  const at = (name: string): string => join(directory, name)
  for (const name of ['host', 'client']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
  }
  await writeFile(at('authorized'), await readFile(at('client.pub')))
  await chmod(directory, 0o700)
  // Where the server wants to be when it gives its rights up.
  await mkdir('/run/sshd', { recursive: true })
  const [sshPort, port] = [await freePort(), await freePort()]
  const options = (values: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(values).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const server = spawn(
    sshd,
    [
      '-D',
      '-e',
      '-f',
      '/dev/null',
      '-h',
      at('host'),
      '-p',
      String(sshPort),
      ...options({
        ListenAddress: '127.0.0.1',
        AuthorizedKeysFile: at('authorized'),
        PermitRootLogin: 'prohibit-password',
        UsePAM: 'no',
        PasswordAuthentication: 'no',
        PidFile: 'none',
        StrictModes: 'no',
      }),
    ],
    { stdio: 'ignore' },
  )
  await answering(sshPort)
  const client = spawn(
    'ssh',
    [
      '-N',
      '-p',
      String(sshPort),
      '-i',
      at('client'),
      '-R',
      `${port}:127.0.0.1:${toPort}`,
      ...options({
        UserKnownHostsFile: '/dev/null',
        StrictHostKeyChecking: 'no',
        ExitOnForwardFailure: 'yes',
        BatchMode: 'yes',
        LogLevel: 'ERROR',
      }),
      `${userInfo().username}@127.0.0.1`,
    ],
    { stdio: 'ignore' },
  )
  await answering(port)
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      client.kill()
      server.kill()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a server that listens on a port
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    await delay(50)
  }
  throw new Error(`Nothing answers at port ${port}: the tunnel did not come up.`)
}

import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Kills this process, as `kill -9` would, at the nth edge of a change of the file system: before one, or half
 * through one that writes. Preloaded; the program itself knows nothing of it.
 */
const killAt = Number(process.env['KILL_AT'])
let edges = 0

function edge(): void {
  edges += 1
  if (edges === killAt) process.kill(process.pid, 'SIGKILL')
}

type Method = (this: unknown, ...parameters: unknown[]) => Promise<unknown>

function watch(target: object, name: string): void {
  const original = Reflect.get(target, name) as Method
  const watched: Method = async function (...parameters) {
    edge()
    const [first] = parameters
    const bytes = typeof first === 'string' ? Buffer.from(first) : first
    if (['writeFile', 'appendFile'].includes(name) && bytes instanceof Uint8Array) {
      const half = Math.floor(bytes.byteLength / 2)
      await original.call(this, bytes.subarray(0, half))
      edge()
      await original.call(this, bytes.subarray(half))
    } else {
      return await original.apply(this, parameters)
    }
    return undefined
  }
  Reflect.set(target, name, watched)
}

const file = await fs.open('/dev/null')
const fileHandle = Object.getPrototypeOf(file) as object
await file.close()
for (const name of ['writeFile', 'appendFile', 'sync', 'datasync']) watch(fileHandle, name)
for (const name of ['open', 'rename', 'rm', 'mkdir']) watch(fs, name)
syncBuiltinESMExports()
process.once('exit', () => process.stdout.write(`edges ${edges}\n`))

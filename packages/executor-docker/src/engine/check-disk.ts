import { statfs } from 'node:fs/promises'

import type { Finding } from '@scalr-agent/core'

import type { Engine } from './connect-engine.ts'

const mebibyte = 1024 ** 2
const lowDiskBytes = 2048 * mebibyte
const fullDiskBytes = 128 * mebibyte

/** Free space where the engine keeps images and containers; only a local engine's can be seen. */
export async function checkDisk(engine: Engine, rootDir: string): Promise<Finding> {
  const id = 'docker.disk'
  const unknown = (why: string): Finding => ({
    id,
    level: 'ok',
    message: `Free space of the engine at ${rootDir} is unknown: ${why}.`,
  })
  if (!engine.isLocal) return unknown('it runs elsewhere')
  try {
    const { bavail, bsize } = await statfs(rootDir)
    const freeBytes = bavail * bsize
    const message = `${Math.floor(freeBytes / mebibyte)} MiB are free for the engine at ${rootDir}.`
    const remedy = 'Free space there, e.g. with `docker system prune`.'
    if (freeBytes < fullDiskBytes) return { id, level: 'error', message, remedy }
    if (freeBytes < lowDiskBytes) return { id, level: 'warning', message, remedy }
    return { id, level: 'ok', message }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return unknown(`it cannot be looked at (${code})`)
  }
}

import { chmod, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a directory, and those above it, that workloads of another user can read: the umask of the agent
 * must not decide about that. Directories that were there stay as they are.
 */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o755 }).catch(async () => {
    // Node reports a read-only file system as ENOENT when it makes directories recursively.
    await mkdir(path, { mode: 0o755 })
    return path
  })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755)
}

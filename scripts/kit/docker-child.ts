import { DockerExecutor } from '@scalr-agent/executor-docker'

/** What the kit's launching process uses. The address of the engine comes in the query of this module's URL. */
export async function createExecutor(): Promise<DockerExecutor> {
  const host = new URL(import.meta.url).searchParams.get('host')
  if (host === null) throw new Error('The URL of this module needs ?host=…')
  return await DockerExecutor.connect({ engine: { host } })
}

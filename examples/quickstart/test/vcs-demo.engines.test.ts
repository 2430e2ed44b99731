import { delimiter, dirname } from 'node:path'

import { describe, expect, it } from 'vitest'

import { Demo } from './support/demo.ts'
import { realTools } from './support/tools.ts'

const main = new URL('../src/vcs/main.ts', import.meta.url).pathname
const [tool] = realTools()

describe.skipIf(tool === undefined)('the demo of the VCS relay', () => {
  const start = (): Demo => {
    const path = [dirname(tool?.path ?? ''), process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter)
    return new Demo(['--iac', tool?.iac ?? ''], { PATH: path }, main)
  }

  it('tells the whole story, from the push to the status of the commit', async () => {
    await using demo = start()
    const code = await demo.exited()
    expect(demo.output).toContain('which answers 202')
    expect(demo.output).toContain('Apply complete! Resources: 2 added')
    expect(demo.output).toMatch(/^ {2}success {2}scalr\/platform\/services: Applied\. http/mu)
    expect(demo.lastLine).toMatch(/^Demo finished: 1 push, 1 run, \d+ statuses, \d+ requests/u)
    expect(code).toBe(0)
  })

  it('ends on Ctrl-C, with its agents', async () => {
    await using demo = start()
    await demo.said(/VCS agent: {5}registered/u)
    demo.signal('SIGINT', 'group')
    expect(await demo.exited()).toBe(130)
    expect(demo.lastLine).toBe('Stopped. Nothing was left running.')
  })
})

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { parseExitRecord } from '@scalr-agent/core/container'
import { describe, expect, it } from 'vitest'

import { reserveExitRecord } from '../src/records.ts'
import { supervisorScript, wrapperScript } from '../src/supervisor-script.ts'

const shells = ['dash', 'busybox sh', 'bash --posix', 'bash'].filter((shell) => {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${shell.split(' ')[0]}`])
    return true
  } catch {
    console.warn(`Skipped: ${shell}, since it is not installed.`)
    return false
  }
})

interface Supervised {
  readonly output: string
  readonly record: string | undefined
  readonly signal: string | null
}

/** Runs the scripts in a shell of choice, in place of what `startSupervisor` does. */
async function supervise(
  shell: string,
  script: string,
  deadline = '',
  gate = 'go\n',
): Promise<Supervised> {
  const root = await mkdtemp(join(tmpdir(), 'scalr-shell-'))
  const [run, output] = [join(root, 'run'), join(root, 'output')]
  await mkdir(run)
  await reserveExitRecord(join(run, 'exit.draft'))
  const descriptor = openSync(output, 'a+')
  const [command = '', ...words] = shell.split(' ')
  const inShell = (text: string): string => text.replaceAll('/bin/sh', shell)
  const child = spawn(
    command,
    [...words, '-c', inShell(supervisorScript), 'scalr-agent', run, output, deadline, '', '']
      .concat(inShell(wrapperScript(['PWD', 'OLDPWD', 'SHLVL', '_'])))
      .concat(...shell.split(' '), '-c', script),
    {
      cwd: root,
      detached: true,
      env: { PATH: '/usr/bin:/bin', IFS: 'x', CDPATH: '/', pid: '1', round: '9', line: 'z' },
      stdio: ['ignore', descriptor, descriptor, 'pipe'],
    },
  )
  closeSync(descriptor)
  const exited = once(child, 'exit')
  const socket = child.stdio[3] as Socket
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toMatch(/^\d+$/u)
  if (gate === '') socket.destroy()
  else socket.write(gate)
  const [, signal] = (await exited) as [number | null, string | null]
  socket.destroy()
  const text = await readFile(output, 'utf8')
  const record = await readFile(join(run, 'exit'), 'utf8').catch(() => undefined)
  if (record !== undefined) {
    expect(parseExitRecord(record)?.outputBytes).toBe((await stat(output)).size)
  }
  const mark = await stat(join(run, 'deadline')).catch(() => undefined)
  await rm(root, { recursive: true })
  return { output: text, record: mark === undefined ? record : 'deadline', signal }
}

describe.each(shells)('the supervisor in %s', (shell) => {
  it.each([
    ['echo hi; exit 3', 'hi\n', 3],
    ['kill -INT $$', '', 130],
    ['kill -USR1 $$', '', 138],
    ['kill -KILL $$', '', 137],
    ['trap "exit 4" TERM; kill -TERM 0; sleep 1', '', 4],
    ['(trap "" HUP; sleep 300) & setsid sleep 300 & echo out; exit 0', 'out\n', 0],
    ['echo "$pid $round $line $CDPATH"', '1 9 z /\n', 0],
  ])('%s', async (script, output, exitCode) => {
    const result = await supervise(shell, script)
    expect(result.output).toBe(output)
    expect(parseExitRecord(result.record ?? '')?.exitCode).toBe(exitCode)
  })

  it('starts nothing when the launching process goes away before giving leave', async () => {
    for (const gate of ['', 'gone\n']) {
      const { output, record } = await supervise(shell, 'echo started', '', gate)
      expect({ output, record }).toEqual({ output: '', record: undefined })
    }
  })

  it('ends all of it at the deadline, and leaves no exit record', async () => {
    const result = await supervise(shell, 'trap "" TERM; echo hi; sleep 300', '0.200')
    expect(result).toEqual({ output: 'hi\n', record: 'deadline', signal: 'SIGKILL' })
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'

import { agentEnvironmentReader } from '../../src/run/script/agent-environment-reader.ts'
import { nastyText } from './support/nasty-text.ts'
import { installedShells, type TestShell } from './support/shells.ts'

const directory = mkdtempSync(join(tmpdir(), 'agent-env-'))
afterAll(() => rmSync(directory, { recursive: true }))
const file = join(directory, 'agent-env')

/** Reads a file as the job script does after a hook; what is exported then, and what was said. */
function read(
  shell: TestShell,
  content: string | Uint8Array,
): { env: Map<string, string>; said: string } {
  writeFileSync(file, content)
  const script = `set -u
job_say() { printf '%s\\n' "$*"; }
job_newline='
'
job_cr=$(printf '\\r') job_stage=pre-plan job_agent_env='${file}' job_result=untouched
${agentEnvironmentReader}
job_take_env || echo refused
[ "$job_result" = untouched ] || echo 'changed the script'
printf '\\036'
exec env -0`
  const [command, ...rest] = shell.argv
  const { stdout } = spawnSync(command, [...rest, '-c', script], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    maxBuffer: 2 ** 24,
    // bash reads ~/.bashrc when its input is a socket.
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = stdout.toString('utf8')
  const end = text.indexOf('\u001E')
  const said = text.slice(0, end)
  const env = text.slice(end + 1)
  const entries = env
    .split('\0')
    .map(
      (entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const,
    )
  return { env: new Map(entries), said }
}

describe.each(installedShells())('SCALR_AGENT_ENV in $name', (shell) => {
  it.each<[string, Record<string, string>]>([
    ['A=1\nB=two words\n', { A: '1', B: 'two words' }],
    ['A=1', { A: '1' }],
    ['\nA=\n\n', { A: '' }],
    ['A=x=y<<z\n', { A: 'x=y<<z' }],
    ['A=1\r\nB<<E\r\none\r\ntwo\r\nE\r\n', { A: '1', B: 'one\ntwo' }],
    ['A<<EOF\none\n two \n\nEOF\nB=2\n', { A: 'one\n two \n', B: '2' }],
    ['A<<EOF\nEOF\n', { A: '' }],
    ['A<<EOF\nEOF=1\n<<\nEOF', { A: 'EOF=1\n<<' }],
    ['A<<--- end of it\nx\r\n--- end of it\n', { A: 'x\r' }],
    ['A=$(touch hacked) `id` "q" \'q\' \\ ~ *\n', { A: '$(touch hacked) `id` "q" \'q\' \\ ~ *' }],
    ['_a1=größe ☃\n', { _a1: 'größe ☃' }],
    ['A=1\nA=2\n', { A: '2' }],
  ])('%j', (content, expected) => {
    const { env, said } = read(shell, content)
    expect(said).toBe('')
    for (const [name, value] of Object.entries(expected)) expect(env.get(name)).toBe(value)
    expect(readFileSync(file, 'utf8')).toBe('')
  })

  it.each([
    ['no assignment\n', 'line 1 is neither KEY=value nor KEY<<END'],
    ['A=1\n# note\n', 'line 2 is neither'],
    ['A<<\n', 'line 1 is neither'],
    ['1A=secret\n', 'line 1 does not begin with the name of a variable'],
    ['export A=secret\n', 'does not begin with the name'],
    ['a-b=secret\n', 'does not begin with the name'],
    ['=secret\n', 'does not begin with the name'],
    ['a[$(touch hacked)]=secret\n', 'does not begin with the name'],
    ['A<<END\nsecret\n', 'the value of A has no end'],
    ['TF_HTTP_PASSWORD=secret\n', 'line 1 sets TF_HTTP_PASSWORD, which may not be changed'],
    ['SCALR_RUN_ID<<E\nsecret\nE\n', 'sets SCALR_RUN_ID'],
    ['job_result=secret\n', 'sets job_result'],
    ['IFS=secret\n', 'sets IFS'],
    ['OPTIND=secret\n', 'sets OPTIND'],
    ['BASH_ENV=secret\n', 'sets BASH_ENV'],
    ['PPID=1\n', 'sets PPID'],
    ['A=\0secret\n', 'NUL bytes'],
    [`A=${'x'.repeat(131_071)}\n`, 'the value of A is longer than the system allows'],
    [`A=${'ß'.repeat(65_536)}\n`, 'the value of A is longer than the system allows'],
    [`A<<E\n${'secret\n'.repeat(20_000)}E\n`, 'the value of A is longer than the system allows'],
    [`A=${'x'.repeat(10_000_000)}\n`, 'more than 1048576 bytes'],
  ] as const)('refuses input %#: $1', (content, says) => {
    const { env, said } = read(shell, content)
    expect(said).toMatch(
      /^Error: the pre-plan hook wrote to SCALR_AGENT_ENV what cannot be used: [^\n]*\nrefused\n$/u,
    )
    expect(said).toContain(says)
    expect(said).not.toContain('secret')
    expect(env.has('TF_HTTP_PASSWORD')).toBe(false)
  })

  it('takes the longest value that the system allows', () => {
    const value = 'x'.repeat(131_069)
    const { env, said } = read(shell, `A=${value}\n`)
    expect(said).toBe('')
    expect(env.get('A')).toBe(value)
  })

  it('takes any text as a value, in either form, and runs nothing of it', () => {
    const line = nastyText.map((text) => text.toWellFormed().replaceAll(/[\r\n]/gu, ''))
    const lines = nastyText.map((text) => text.toWellFormed().replaceAll(/\r(?=\n|$)/gu, ''))
    fc.assert(
      fc.property(line, lines, fc.constantFrom('\n', '\r\n'), (single, several, end) => {
        fc.pre(!several.split('\n').includes('END_OF_IT'))
        const heredoc = several.replaceAll('\n', end)
        const { env, said } = read(
          shell,
          `ONE=${single}${end}MANY<<END_OF_IT${end}${heredoc}${end}END_OF_IT${end}`,
        )
        expect([said, env.get('ONE'), env.get('MANY')]).toEqual(['', single, several])
      }),
      { numRuns: 40 },
    )
  })

  it('any bytes are taken or refused, and change nothing of the script', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const { said } = read(shell, bytes)
        expect(said === '' || /^Error: [^\n]*\nrefused\n$/u.test(said)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})

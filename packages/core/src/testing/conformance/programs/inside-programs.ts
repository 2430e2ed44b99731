import { createHash } from 'node:crypto'

import type { FakeFile } from '../../fake/fake-files.ts'
import type { KitProgram } from './kit-program.ts'

/** Every parameter as `<parameter>`. */
export const showArguments: KitProgram = {
  name: 'show-arguments',
  script: `for part; do printf '<%s>' "$part"; done`,
  fake: (process, parameters) => process.write(parameters.map((part) => `<${part}>`).join('')),
}

/** The value of the environment variable `$1`, and nothing else. */
export const showVariable: KitProgram = {
  name: 'show-variable',
  script: `eval "printf '%s' \\"\\$$1\\""`,
  fake: ({ env, write }, [name]) => write(env[name ?? ''] ?? ''),
}

export const showDirectory: KitProgram = {
  name: 'show-directory',
  script: 'pwd',
  fake: (process) => process.write(`${process.directory}\n`),
}

/** One line for each parameter: what lies at that path. */
export const look: KitProgram = {
  name: 'look',
  script: `for path; do
if [ -L "$path" ]; then printf 'link %s to %s\\n' "$path" "$(readlink "$path")"
elif [ -d "$path" ]; then printf 'directory %s\\n' "$path"
elif [ -x "$path" ]; then printf 'program %s: %s\\n' "$path" "$(cat <"$path")"
elif [ -e "$path" ]; then printf 'file %s: %s\\n' "$path" "$(cat <"$path")"
else printf 'nothing %s\\n' "$path"
fi; done`,
  fake: (process, parameters) => {
    for (const path of parameters) process.write(`${describe(path, process.files.get(path))}\n`)
  },
}

function describe(path: string, file: FakeFile | undefined): string {
  switch (file?.kind) {
    case 'symlink':
      return `link ${path} to ${file.target}`
    case 'directory':
      return `directory ${path}`
    case 'file': {
      const content = Buffer.from(file.content).toString('utf8').trimEnd()
      return `${(file.mode & 0o111) === 0 ? 'file' : 'program'} ${path}: ${content}`
    }
    case undefined:
      return `nothing ${path}`
  }
}

/** SHA-256 of the file `$1`. */
export const digest: KitProgram = {
  name: 'digest',
  script: 'set -- $(sha256sum "$1"); printf %s "$1"',
  fake: (process, [path]) => {
    const file = process.files.get(path ?? '')
    if (file?.kind !== 'file') return 1
    process.write(createHash('sha256').update(file.content).digest('hex'))
    return 0
  },
}

/** Writes a small tree below `out/`, says `made`, and goes on until SIGTERM when `$1` is `hold`. */
export const makeFiles: KitProgram = {
  name: 'make-files',
  script: `mkdir -p out/sub out/empty && printf one >out/one && printf two >out/sub/two
chmod 644 out/one; chmod 755 out/sub/two; ln -s /etc out/away; done=; trap done=1 TERM; echo made
[ "$1" = hold ] || exit 0
while [ -z "$done" ]; do sleep 1 & wait $!; done; exit 0`,
  fake: async (process, [mode]) => {
    process.files.write('out/one', 'one')
    process.files.write('out/sub/two', 'two', 0o755)
    process.files.makeDirectory('out/empty')
    process.files.link('out/away', '/etc')
    const terminated = Promise.withResolvers<void>()
    process.trap('SIGTERM', () => terminated.resolve())
    process.write('made\n')
    if (mode !== 'hold') return
    await Promise.race([terminated.promise, process.forever()])
  },
}

/** Leaves the file `$1` in the job directory, says where that is, and goes on until SIGTERM. */
export const leaveFile: KitProgram = {
  name: 'leave-file',
  script: `done=; trap done=1 TERM; echo private >"$1"; pwd; echo ready
while [ -z "$done" ]; do sleep 1 & wait $!; done; exit 0`,
  fake: async (process, [path]) => {
    const terminated = Promise.withResolvers<void>()
    process.trap('SIGTERM', () => terminated.resolve())
    process.files.write(path ?? '', 'private\n')
    process.write(`${process.directory}\nready\n`)
    await Promise.race([terminated.promise, process.forever()])
  },
}

/** The command lines of all processes that it can see; then goes on until SIGTERM. */
export const showCommandLines: KitProgram = {
  name: 'show-command-lines',
  script: `done=; trap done=1 TERM
for file in /proc/[0-9]*/cmdline; do cat "$file" 2>/dev/null; echo; done | tr '\\000' ' '; echo ready
while [ -z "$done" ]; do sleep 1 & wait $!; done; exit 0`,
  fake: async (process) => {
    const terminated = Promise.withResolvers<void>()
    process.trap('SIGTERM', () => terminated.resolve())
    process.write(`${process.argv.join(' ')}\nready\n`)
    await Promise.race([terminated.promise, process.forever()])
  },
}

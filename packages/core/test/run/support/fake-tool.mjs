// Stands in for terraform in the tests of the job script: notes how it was called and which signals
// came, and behaves as its second argument says, a JSON object by subcommand.
import { appendFileSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'

const [log, behaviour, command, ...rest] = process.argv.slice(2)
const note = (event) => appendFileSync(log, `${JSON.stringify(event)}\n`)
const {
  exitCode = 0,
  signals = 0,
  lockFile,
  backend = 'http',
} = JSON.parse(behaviour)[command] ?? {}

let received = 0
for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT']) {
  process.on(signal, () => {
    note({ event: 'signal', command, signal })
    received += 1
    console.log(`tool ${command} got signal ${received}`)
    if (signals > 0 && received >= signals) end()
  })
}

note({
  event: 'start',
  command,
  args: rest,
  pid: process.pid,
  cwd: process.cwd(),
  operation: process.env.SCALR_TERRAFORM_OPERATION,
  home: process.env.HOME,
  contentRoot: process.env.SCALR_RUN_CONTENT_ROOT,
  lockFileThere: existsSync('.terraform.lock.hcl'),
  env: process.env,
})
if (command === 'init') {
  mkdirSync('.terraform', { recursive: true })
  writeFileSync('.terraform/terraform.tfstate', `{\n  "type": "${backend}"\n}\n`)
  if (lockFile) writeFileSync('.terraform.lock.hcl', lockFile)
}
if (command === 'plan') {
  const out = rest.find((argument) => argument.startsWith('-out=')).slice('-out='.length)
  writeFileSync(out, 'plan')
}
if (command === 'show') {
  copyFileSync(rest.at(-1), `${rest.at(-1)}.shown`)
  console.log('{"format_version":"1.2"}')
} else {
  console.log(`tool ${command} runs`)
}
if (signals === 0) end()
else setInterval(() => {}, 60_000)

function end() {
  note({ event: 'exit', command })
  process.exit(exitCode)
}

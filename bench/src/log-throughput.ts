import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { Agent, createServer, request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

import { LogPump, LogSpool, LogUploader, type LogSink, type LogSource } from '@scalr-agent/core'

import type { BenchFigure } from './bench-figure.ts'
import type { BenchOptions } from './bench.ts'
import { rounded } from './statistics.ts'

const totalMegabytes = 200
const defaultRounds = 3
const targetMegabytesPerSecond = 50
const nonce = randomBytes(16).toString('hex')
const secrets = Array.from({ length: 10 }, () => randomBytes(18).toString('base64url'))

/** What the server says of one log. */
interface Received {
  readonly offset: number
  readonly digest: string
}

/**
 * Log throughput end to end: a real `sh` child prints into a file, and its output goes through marker
 * filter, masker, spool and upload to an HTTP server that counts and digests it. Beside it the bare
 * thing: the child's pipe as the body of one request to the same server.
 */
export async function runLogThroughput(options: BenchOptions): Promise<readonly BenchFigure[]> {
  const rounds = options.rounds ?? defaultRounds
  const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-bench-'))
  const server = new Worker(new URL(import.meta.url))
  const agent = new Agent({ keepAlive: true })
  try {
    const [port] = await once(server, 'message')
    const url = `http://127.0.0.1:${Number(port)}`
    const block = join(directory, 'block')
    await writeFile(block, blockOfOutput())
    const logPath: number[] = []
    const barePipe: number[] = []
    for (let round = 0; round < rounds; round++) {
      options.onProgress(`round ${round + 1} of ${rounds}`)
      barePipe.push(await timed(() => runBarePipe(block, `${url}/pipe-${round}`, agent)))
      const work = join(directory, `round-${round}`)
      logPath.push(await timed(() => runLogPath(block, work, `${url}/log-${round}`, agent)))
      await rm(work, { recursive: true })
    }
    const value = Math.max(...logPath)
    const peer = Math.max(...barePipe)
    return [
      {
        bench: 'log-throughput',
        figure: `child to server, ${secrets.length} secrets, best of ${rounds}`,
        value: rounded(value),
        unit: 'MB/s',
        peer: rounded(peer),
        ratio: rounded(value / peer, 2),
        target: targetMegabytesPerSecond,
        ok: value >= targetMegabytesPerSecond,
      },
    ]
  } finally {
    agent.destroy()
    await server.terminate()
    await rm(directory, { recursive: true, force: true })
  }
}

/** 1 MB of what Terraform prints, with a secret about every fifty lines. */
function blockOfOutput(): Buffer {
  const lines = Array.from({ length: 500 }, (_, index) =>
    index % 50 === 7
      ? `  + password = "${secrets[index % secrets.length]}"\n`
      : `module.network[${index}].aws_subnet.private: Still creating... [id=subnet-${index}, 10s elapsed]\n`,
  )
  return Buffer.alloc(1_000_000, lines.join(''))
}

const printScript = `i=0; while [ $i -lt ${totalMegabytes} ]; do cat "$0"; i=$((i+1)); done`

async function timed(run: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await run()
  return totalMegabytes / ((performance.now() - startedMs) / 1000)
}

async function runBarePipe(block: string, url: string, agent: Agent): Promise<void> {
  const child = spawn('/bin/sh', ['-c', printScript, block], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { offset } = await send(url, agent, 0, child.stdout)
  if (offset !== totalMegabytes * 1_000_000) throw new Error(`The pipe carried ${offset} bytes`)
}

async function runLogPath(
  block: string,
  directory: string,
  url: string,
  agent: Agent,
): Promise<void> {
  await using spool = await LogSpool.open({ directory })
  const path = `${directory}.out`
  const file = openSync(path, 'w')
  const child = spawn('/bin/sh', ['-c', printScript, block], { stdio: ['ignore', file, 'inherit'] })
  closeSync(file)
  const exited = once(child, 'exit')
  const sink: LogSink = {
    appendLog: async (offset, bytes) => (await send(url, agent, offset, bytes)).offset,
    logOffset: async () => (await send(url, agent, 0, undefined)).offset,
  }
  const uploader = new LogUploader({ spool, sink })
  uploader.start()
  using pump = await LogPump.open({ spool, nonce, secrets, onCheckpoint: () => {} })
  await pump.run(followFile(path, exited))
  const summary = await pump.end()
  await uploader.drain()
  const received = await send(url, agent, 0, undefined)
  if (received.digest !== summary.digest || summary.missingBytes > 0) {
    throw new Error(`The server holds another log: ${JSON.stringify({ received, summary })}`)
  }
  await rm(path)
}

/** A growing file, until the process that writes it has ended. */
function followFile(path: string, exited: Promise<unknown>): LogSource {
  let ended = false
  void exited.then(() => {
    ended = true
  })
  return {
    async *output(fromByte) {
      await using file = await open(path, 'r')
      const buffer = Buffer.allocUnsafe(256 * 1024)
      for (let position = fromByte; ;) {
        const last = ended
        // The pump is done with a chunk before it asks for the next.
        const { bytesRead } = await file.read({ buffer, position })
        position += bytesRead
        if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
        else if (last) return
        else await new Promise((resolve) => setTimeout(resolve, 1))
      }
    },
  }
}

/** One request to the server; without a body it only asks. */
async function send(
  url: string,
  agent: Agent,
  offset: number,
  body: Uint8Array | NodeJS.ReadableStream | undefined,
): Promise<Received> {
  const outgoing = request(url, {
    method: body === undefined ? 'GET' : 'PATCH',
    agent,
    headers: {
      'upload-offset': offset,
      ...(body instanceof Uint8Array ? { 'content-length': body.length } : {}),
    },
  })
  if (body === undefined || body instanceof Uint8Array) outgoing.end(body)
  else body.pipe(outgoing)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject)
  })
  const text = await response.setEncoding('utf8').toArray()
  // oxlint-disable-next-line no-unsafe-type-assertion -- the server is in this file
  return JSON.parse(text.join('')) as Received
}

/** Runs in a thread of its own, as a control plane has a process of its own. */
async function serve(): Promise<void> {
  const logs = new Map<string, { hash: ReturnType<typeof createHash>; offset: number }>()
  const server = createServer((incoming, response) => {
    const path = incoming.url ?? ''
    const log = logs.get(path) ?? { hash: createHash('sha256'), offset: 0 }
    logs.set(path, log)
    const matches = Number(incoming.headers['upload-offset']) === log.offset
    incoming.on('data', (chunk: Buffer) => {
      if (incoming.method !== 'PATCH' || !matches) return
      log.hash.update(chunk)
      log.offset += chunk.length
    })
    incoming.on('end', () => {
      const digest = `sha-256=:${log.hash.copy().digest('base64')}:`
      response.end(JSON.stringify({ offset: log.offset, digest }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  // oxlint-disable-next-line require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(typeof address === 'object' ? address?.port : undefined)
}

if (!isMainThread) await serve()

import { ScalrAgentError } from '../../../errors/index.ts'
import { check, equal, equalBytes, failure, show } from '../assertions.ts'
import type { Behaviour } from '../behaviour.ts'
import { readOutput } from '../output-reader.ts'
import {
  bothStreams,
  bothStreamsText,
  flood,
  floodBlock,
  octal,
  print,
} from '../programs/output-programs.ts'
import { hold } from '../programs/signal-programs.ts'

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const megabytes50 = 800

export const outputBehaviours: readonly Behaviour[] = [
  {
    id: 'output.both-streams',
    group: 'output',
    title: 'gives standard output and error in one stream, in the order of writing',
    run: async (context) => {
      equal(await context.succeed(bothStreams, ['200']), bothStreamsText(200), 'the output')
    },
  },
  {
    id: 'output.empty',
    group: 'output',
    title: 'gives nothing for a program that says nothing',
    run: async (context) => {
      equal(await context.succeed(print), '', 'the output')
    },
  },
  {
    id: 'output.no-newline',
    group: 'output',
    title: 'gives the last line though it has no line break',
    run: async (context) => {
      equal(await context.succeed(print, [octal('one\ntwo')]), 'one\ntwo', 'the output')
    },
  },
  {
    id: 'output.binary',
    group: 'output',
    title: 'gives all 256 bytes as they are',
    run: async (context) => {
      const { output } = await context.run(print, [octal(everyByte), octal(everyByte)])
      equalBytes(output, Buffer.concat([everyByte, everyByte]), 'the output')
    },
  },
  {
    id: 'output.line-ends',
    group: 'output',
    title: 'leaves carriage returns and empty lines alone',
    run: async (context) => {
      const text = 'a\r\n\r\n\n\nb\rc\n\r\n'
      equal(await context.succeed(print, [octal(text)]), text, 'the output')
    },
  },
  {
    id: 'output.split-utf-8',
    group: 'output',
    title: 'gives characters whole that were written byte by byte',
    run: async (context) => {
      const text = 'größe €100 → 𝄞\n'
      const parts = [...Buffer.from(text)].map((byte) => octal(Uint8Array.of(byte)))
      equal(await context.succeed(print, parts), text, 'the output')
    },
  },
  {
    id: 'output.long-line',
    group: 'output',
    title: 'gives a line of 64 KiB in one piece',
    run: async (context) => {
      equalBytes((await context.run(flood, ['1'])).output, Buffer.from(floodBlock(0)), 'the output')
    },
  },
  {
    id: 'output.50-mb',
    group: 'output',
    title: 'gives 50 MB, every byte in its place',
    timeoutMs: 180_000,
    run: async (context) => {
      const workload = await context.launch(flood, [`${megabytes50}`])
      let rest = Buffer.alloc(0)
      let index = 0
      for await (const chunk of workload.output(0, { signal: context.signal })) {
        rest = Buffer.concat([rest, chunk])
        for (;;) {
          const expected = Buffer.from(floodBlock(index))
          if (rest.length < expected.length) break
          equalBytes(rest.subarray(0, expected.length), expected, `block ${index}`)
          rest = rest.subarray(expected.length)
          index += 1
        }
      }
      equal([index, rest.length], [megabytes50, 0], 'the number of blocks and of bytes after them')
    },
  },
  {
    id: 'output.from-byte',
    group: 'output',
    title: 'gives the same bytes again from any byte on, running and ended',
    run: async (context) => {
      const workload = await context.launch(hold)
      await using reader = context.read(workload)
      await reader.until('ready')
      await using later = context.read(workload, 3)
      await later.until('dy\n')
      await workload.interrupt('hard')
      const { output } = await context.finish(workload)
      equal((await later.end()).toString(), 'dy\nQUIT\nend\n', 'the output from byte 3 on')
      for (let fromByte = 0; fromByte <= output.length; fromByte += 1) {
        const again = await readOutput(workload, fromByte, context.signal)
        equalBytes(again, output.subarray(fromByte), `the output from byte ${fromByte} on`)
      }
    },
  },
  {
    id: 'output.from-byte-large',
    group: 'output',
    title: 'gives the same bytes again from the middle of a large output',
    run: async (context) => {
      const { workload, output } = await context.run(flood, ['32'])
      for (const fromByte of [1, 4095, 65_536, 65_543, 1_000_001, output.length - 1]) {
        const again = await readOutput(workload, fromByte, context.signal)
        equalBytes(again, output.subarray(fromByte), `the output from byte ${fromByte} on`)
      }
    },
  },
  {
    id: 'output.beyond',
    group: 'output',
    title:
      'gives nothing from the end of an ended workload on, and beyond it nothing or OUTPUT_LOST',
    run: async (context) => {
      const { workload } = await context.run(print, [octal('short')])
      equalBytes(await readOutput(workload, 5, context.signal), Buffer.alloc(0), 'from the end on')
      // Who asks from there had bytes that are not there any more; an executor may say so.
      const beyond = await readOutput(workload, 5000, context.signal).catch(
        (error: unknown) => error,
      )
      const isLost = ScalrAgentError.isInstance(beyond) && beyond.code === 'OUTPUT_LOST'
      check(
        isLost || (Buffer.isBuffer(beyond) && beyond.length === 0),
        `beyond it gave ${show(beyond)}`,
      )
    },
  },
  {
    id: 'output.two-readers',
    group: 'output',
    title: 'gives two readers at once everything each',
    run: async (context) => {
      const workload = await context.launch(flood, ['32'])
      const outputs = await Promise.all([
        readOutput(workload, 0, context.signal),
        readOutput(workload, 0, context.signal),
      ])
      const expected = Buffer.from(Array.from({ length: 32 }, (_, i) => floodBlock(i)).join(''))
      for (const output of outputs) equalBytes(output, expected, 'the output')
    },
  },
  {
    id: 'output.live',
    group: 'output',
    title: 'gives bytes while the workload runs',
    run: async (context) => {
      const workload = await context.launch(hold)
      await using reader = context.read(workload)
      // The program says the next thing only once we have seen the one before.
      await reader.until('ready\n')
      await workload.interrupt('soft')
      await reader.until('TERM\n')
      check(!reader.ended, 'the output ended while the workload ran')
      await workload.interrupt('hard')
      equal((await reader.end()).toString(), 'ready\nTERM\nQUIT\nend\n', 'the output')
    },
  },
  {
    id: 'output.ends-after',
    group: 'output',
    title: 'ends only when the workload has ended, so that a wait after it answers at once',
    run: async (context) => {
      const workload = await context.launch(hold, ['8'])
      await using reader = context.read(workload)
      await reader.until('ready')
      let over = false
      const reading = reader.end().then(() => {
        over = true
      })
      await workload.interrupt('soft')
      await using other = context.read(workload)
      await other.until('TERM')
      equal(over, false, 'whether the output ended while the workload ran')
      await workload.interrupt('hard')
      await reading
      equal(
        await workload.wait({ signal: context.signal }),
        { kind: 'exited', exitCode: 8 },
        'the outcome',
      )
    },
  },
  {
    id: 'output.abort',
    group: 'output',
    title: 'a reader that gives up gets the reason, and does no harm to the workload',
    run: async (context) => {
      const workload = await context.launch(hold)
      const abort = new AbortController()
      const reason = new Error('changed my mind')
      const reading = readOutput(workload, 0, abort.signal)
      reading.catch(() => {})
      await using reader = context.read(workload)
      await reader.until('ready')
      abort.abort(reason)
      equal((await failure(reading, 'reading')) === reason, true, 'whether the reason was thrown')
      await workload.interrupt('hard')
      equal((await context.finish(workload)).output.toString(), 'ready\nQUIT\nend\n', 'the output')
    },
  },
  {
    id: 'output.break',
    group: 'output',
    title: 'a reader may leave at any time, and another one starts over',
    run: async (context) => {
      const workload = await context.launch(flood, ['32'])
      for await (const chunk of workload.output(0, { signal: context.signal })) {
        if (chunk.length > 0) break
      }
      const { output } = await context.finish(workload)
      equal(
        output.length,
        Array.from({ length: 32 }, (_, i) => floodBlock(i)).join('').length,
        'the length',
      )
    },
  },
]

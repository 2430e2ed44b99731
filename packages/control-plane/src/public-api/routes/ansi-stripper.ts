import { Transform } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** Longest escape sequence that may lie across two chunks. */
const maxSequenceLength = 256

/** Takes ANSI escape sequences out of a stream of UTF-8, also where a chunk ends inside of one. */
export function ansiStripper(): Transform {
  const decoder = new StringDecoder('utf8')
  let held = ''
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = held + decoder.write(chunk)
      const escape = text.lastIndexOf('\u001b')
      const keepFrom =
        escape === -1 || text.length - escape > maxSequenceLength ? text.length : escape
      held = text.slice(keepFrom)
      done(null, stripVTControlCharacters(text.slice(0, keepFrom)))
    },
    flush(done) {
      done(null, stripVTControlCharacters(held + decoder.end()))
    },
  })
}

import type { HeaderPairs } from '../relay-exchange.ts'

const maxHeaderLines = 128
const maxHeaderBytes = 64 * 1024

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/u
// eslint-disable-next-line no-control-regex
const unsafeValue = /[\u0000-\u0008\u000a-\u001f\u007f]/u

/** What makes header lines unfit to be sent on, in words; undefined when nothing does. */
export function headerFault(headers: HeaderPairs): string | undefined {
  if (headers.length > maxHeaderLines) return `it has more than ${maxHeaderLines} header lines`
  let bytes = 0
  for (const [name, value] of headers) {
    bytes += name.length + value.length + 4
    if (!token.test(name)) return 'a name of a header is not one'
    if (unsafeValue.test(value)) return `the header ${name.toLowerCase()} holds a control character`
  }
  if (bytes > maxHeaderBytes) return `its headers are larger than ${maxHeaderBytes} bytes`
  return framingFault(headers)
}

/** Two readers that disagree on where a body ends are how requests are smuggled. */
function framingFault(headers: HeaderPairs): string | undefined {
  const lengths = valuesOf(headers, 'content-length')
  if (lengths.some((length) => !/^\d{1,15}$/u.test(length)))
    return 'its content-length is no number'
  if (new Set(lengths).size > 1) return 'it has two content-lengths'
  if (lengths.length > 0 && valuesOf(headers, 'transfer-encoding').length > 0) {
    return 'it has both content-length and transfer-encoding'
  }
  return undefined
}

/** Values of all lines of that name. */
export function valuesOf(headers: HeaderPairs, name: string): readonly string[] {
  return headers.filter((line) => line[0].toLowerCase() === name).map((line) => line[1])
}

/** The first value of that name. */
export function valueOf(headers: HeaderPairs, name: string): string | undefined {
  return valuesOf(headers, name)[0]
}

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
])

/** Names of lines that are for one hop alone: the known ones, and those that `Connection` names. */
export function hopByHopNames(headers: HeaderPairs): ReadonlySet<string> {
  const named = valuesOf(headers, 'connection')
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
  return new Set([...hopByHop, ...named])
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseLockFile } from '../../../src/caches/providers/lock-file.ts'
import { LockFileSyntaxError } from '../../../src/caches/providers/lock-tokens.ts'

const real = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/hashicorp/local" {
  version     = "1.4.0"
  constraints = "~> 1.4, != 1.4.1"
  hashes = [
    "h1:fDsKRxDRXPEzA4AxkK4t+lJd3IQIP2UoaplJGjQSp2s=",
    "zh:47c65e8ff5b6b8d1f0b8a7a2a4ba1ae6d1c2b2fb9b9c8f3d5b2c9b7a3f6d1e0c",
  ]
}

provider "registry.terraform.io/hashicorp/time" {
  version = "0.14.2-beta.1+build.5"
}
`

function body(text: string): string {
  return `provider "registry.terraform.io/hashicorp/time" {\n${text}\n}\n`
}

describe('parseLockFile', () => {
  it('reads what terraform init writes', () => {
    expect(parseLockFile(real)).toEqual([
      {
        host: 'registry.terraform.io',
        namespace: 'hashicorp',
        type: 'local',
        version: '1.4.0',
        hashes: [
          'h1:fDsKRxDRXPEzA4AxkK4t+lJd3IQIP2UoaplJGjQSp2s=',
          'zh:47c65e8ff5b6b8d1f0b8a7a2a4ba1ae6d1c2b2fb9b9c8f3d5b2c9b7a3f6d1e0c',
        ],
      },
      {
        host: 'registry.terraform.io',
        namespace: 'hashicorp',
        type: 'time',
        version: '0.14.2-beta.1+build.5',
        hashes: [],
      },
    ])
  })

  it('reads the same with CRLF, other comments and lists on one line', () => {
    expect(parseLockFile(real.replaceAll('\n', '\r\n'))).toEqual(parseLockFile(real))
    const [provider] = parseLockFile(
      `/* one\n two */ // three\n${body('version="1.2.3" # four\nhashes = ["h1:a=", "zh:b"]')}`,
    )
    expect(provider).toMatchObject({ version: '1.2.3', hashes: ['h1:a=', 'zh:b'] })
  })

  it('takes an empty file for one without providers', () => {
    expect(parseLockFile('')).toEqual([])
    expect(parseLockFile('\n# nothing\n')).toEqual([])
  })

  it.each([
    ['a path', 'provider "registry.terraform.io/../../etc" {\nversion = "1.0.0"\n}\n'],
    ['a host with dots alone', 'provider "a..b/x/y" {\nversion = "1.0.0"\n}\n'],
    ['upper case', 'provider "registry.terraform.io/Hashicorp/time" {\nversion = "1.0.0"\n}\n'],
    ['a short address', 'provider "hashicorp/time" {\nversion = "1.0.0"\n}\n'],
    ['a provider twice', body('version = "1.0.0"') + body('version = "1.0.0"')],
    ['a version that is a path', body('version = "../1.0.0"')],
    ['a constraint as version', body('version = ">= 1.0.0"')],
    ['no version', body('constraints = "1.0.0"')],
    ['an argument twice', body('version = "1.0.0"\nversion = "1.0.1"')],
    ['an unknown argument', body('version = "1.0.0"\nextra = "x"')],
    ['a template', body('version = "${path.root}"')],
    ['an expression', body('version = upper("1.0.0")')],
    ['a hash that is none', body('version = "1.0.0"\nhashes = ["../../x"]')],
    ['an unknown escape', body(String.raw`version = "1\q0"`)],
    ['a block that is open', 'provider "registry.terraform.io/hashicorp/time" {\n'],
    ['a string that is open', 'provider "registry'],
    ['another block', 'module "x" {\n}\n'],
    ['two arguments on a line', body('version = "1.0.0" constraints = "1.0.0"')],
    ['too much', `#${'x'.repeat(1024 ** 2)}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseLockFile(text)).toThrow(LockFileSyntaxError)
  })

  it('says the line and never the text', () => {
    expect(() => parseLockFile(body('version = "1.0.0"\nsecret = "hunter2"'))).toThrow(
      'line 3: an argument that lock files do not have',
    )
  })

  it('refuses more providers than any configuration has', () => {
    const many = Array.from(
      { length: 201 },
      (_, index) => `provider "registry.terraform.io/a/p${index}" {\nversion = "1.0.0"\n}\n`,
    )
    expect(() => parseLockFile(many.join('\n'))).toThrow('more than 200 providers')
  })

  it('reads back whatever it can hold', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}[a-z0-9]$/u)
    const hash = fc.stringMatching(/^(?:h1|zh):[\w+/=]{1,60}$/u)
    const version = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((parts) => parts.join('.'))
    const provider = fc.record({
      host: name,
      namespace: name,
      type: name,
      version,
      hashes: fc.array(hash),
    })
    const files = fc.uniqueArray(provider, {
      maxLength: 8,
      selector: ({ host, namespace, type }) => `${host}/${namespace}/${type}`,
    })
    fc.assert(
      fc.property(files, (providers) => {
        const text = providers.map(
          ({ host, namespace, type, version: at, hashes }) =>
            `provider "${host}/${namespace}/${type}" {\n  version = "${at}"\n  hashes = [\n${hashes
              .map((value) => `    "${value}",\n`)
              .join('')}  ]\n}\n`,
        )
        expect(parseLockFile(text.join('\n'))).toEqual(providers)
      }),
    )
  })

  it('ends on any text with a result or its own error, and never with a name that leaves its directory', () => {
    const marks = ['${', '/*', '*/', '..', '/', '\\', '\0', '[', ']', '{', '}']
    const piece = fc.constantFrom(...real.split(/(?<=[\s"])/u), ...marks)
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(text, (input) => {
        try {
          for (const { host, namespace, type, version } of parseLockFile(input)) {
            for (const part of [host, namespace, type, version])
              expect(part).toMatch(/^[^/\\.\0][^/\\\0]*$/u)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(LockFileSyntaxError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

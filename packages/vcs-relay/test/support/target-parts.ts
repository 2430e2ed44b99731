import fc from 'fast-check'

// What parsers differ over, and a good deal of what they do not.
export const nasty = [
  '/',
  '//',
  '\\',
  '.',
  '..',
  '/..',
  '/../',
  '/./',
  '%2e',
  '%2E%2e',
  '.%2e',
  '%2f',
  '%2F',
  '%5c',
  '%5C',
  '%252e',
  '%252F',
  '%00',
  '%0a',
  '%20',
  '%',
  '%zz',
  '%c0%ae',
  '%EF%BC%8F',
  '%E2%80%A4',
  ';',
  '%3b',
  '#',
  '%23',
  '?',
  '%3F',
  '&',
  '=',
  '+',
  '@',
  ':',
  '@evil.example',
  ':80',
  '.evil.example',
  'http://evil.example',
  '[',
  ']',
  '{',
  '|',
  '^',
  '`',
  '"',
  "'",
  '<',
  ' ',
  '\t',
  '\r\n',
  '\0',
  '\u007f',
  'é',
  '／',
  '\u2028',
  '~',
  '!',
  '$',
  '*',
  ',',
  '(',
  ')',
  '%C3%A9',
  '%41',
  '%7e',
  '%E2%98%83',
  '😀',
] as const

export const plain = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/u)
const name = fc.oneof(
  { weight: 6, arbitrary: plain },
  { weight: 1, arbitrary: fc.tuple(plain, plain).map(([a, b]) => `${a}.${b}`) },
)
export const encodable = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: plain },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '%41',
          '%C3%A9',
          '%7e',
          '%20',
          '+',
          '@',
          ':',
          ',',
          '=',
          '~',
          '!',
          "'",
          '%25.',
        ),
      },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''))
const deep = fc.array(encodable, { minLength: 1, maxLength: 4 })

export const slots: Readonly<Record<string, fc.Arbitrary<string>>> = {
  owner: name,
  repo: name,
  'repo.git': fc.tuple(name, fc.constantFrom('', '.git')).map((parts) => parts.join('')),
  project: fc.oneof(
    fc.integer({ min: 1 }).map(String),
    fc
      .tuple(fc.array(name, { minLength: 2, maxLength: 5 }), fc.constantFrom('%2F', '%2f'))
      .map(([names, slash]) => names.join(slash)),
  ),
  'project.git**': fc
    .array(name, { minLength: 2, maxLength: 5 })
    .map((names) => `${names.join('/')}.git`),
  group: fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('%2F')),
  ref: fc.tuple(deep, fc.constantFrom('%2F', '%2f')).map(([parts, slash]) => parts.join(slash)),
  'ref**': fc.tuple(deep, fc.constantFrom('%2F', '/')).map(([parts, slash]) => parts.join(slash)),
  path: deep.map((parts) => parts.join('%2F')),
  'path**': fc.tuple(deep, fc.constantFrom('%2F', '/')).map(([parts, slash]) => parts.join(slash)),
  basehead: fc.tuple(name, name).map((refs) => refs.join('...')),
  'basehead**': fc.tuple(name, name).map((refs) => refs.join('...')),
  'archive**': fc
    .tuple(deep, fc.constantFrom('.tar.gz', '.zip'))
    .map(([parts, end]) => `${parts.join('/')}${end}`),
  int: fc.integer({ min: 1 }).map(String),
  int2: fc.integer({ min: 1 }).map(String),
  sha: fc.stringMatching(/^[0-9a-f]{7,40}$/u),
  name,
}

/** A path of that template, its slots filled. */
export function pathOf(template: string, fillings = slots): fc.Arbitrary<string> {
  const pieces = template
    .split('/')
    .map((piece) => fillings[/^\{(.+)\}$/u.exec(piece)?.[1] ?? ''] ?? fc.constant(piece))
  return fc.tuple(...pieces).map((parts) => parts.join('/'))
}

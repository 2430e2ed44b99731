import type { CheckedMirror } from './mirror-source.ts'

/** What the CLI configuration of a job is made of. */
export interface CliConfigParts {
  /** Directories with cached providers, and the addresses of what is in each. */
  readonly filesystemMirrors: readonly {
    readonly path: string
    readonly include: readonly string[]
  }[]
  readonly networkMirrors: readonly CheckedMirror[]
  /** Public registries that cannot be reached: what a mirror covers of them comes from the mirror alone. */
  readonly unreachable: readonly string[]
}

/**
 * The `provider_installation` of a job. What is cached comes from there and from nowhere else, so that no
 * registry is asked for it. The rest comes from the mirrors and from its own registry: the tool asks all
 * that cover it, and takes a clean 404 alone for a no. `undefined` where the tool's own way is as good.
 */
export function renderCliConfig(parts: CliConfigParts): string | undefined {
  const filesystem = parts.filesystemMirrors.filter(({ include }) => include.length > 0)
  if (filesystem.length === 0 && parts.networkMirrors.length === 0) return undefined
  const cached = filesystem.flatMap(({ include }) => include)
  const blocks = [
    ...filesystem.map(({ path, include }) =>
      block('filesystem_mirror', [['path', quoted(path)], ...list('include', include)]),
    ),
    ...parts.networkMirrors.map(({ url, include }) =>
      block('network_mirror', [
        ['url', quoted(url.href)],
        ...list('include', include),
        ...list('exclude', cached),
      ]),
    ),
    block('direct', list('exclude', [...cached, ...mirroredOnly(parts)])),
  ]
  return [
    ...credentials(parts.networkMirrors),
    'provider_installation {',
    ...blocks.flat().map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n')
}

/** Patterns of what only the mirrors can give. */
function mirroredOnly({ networkMirrors, unreachable }: CliConfigParts): readonly string[] {
  const patterns = unreachable.flatMap((host) =>
    networkMirrors.flatMap(({ include }) =>
      include.length === 0
        ? [`${host}/*/*`]
        : include.flatMap((pattern) => {
            const [first = '', ...rest] = pattern.split('/')
            // Without a host, the pattern means the public registry of whichever tool reads it.
            if (rest.length === 1 || first === host) return [pattern]
            return first === '*' ? [`${host}/*/*`] : []
          }),
    ),
  )
  return [...new Set(patterns)]
}

/** The variable that terraform takes the token of a host from. `undefined`: its port is in the way. */
export function tokenVariable(url: URL): string | undefined {
  if (url.port !== '') return undefined
  return `TF_TOKEN_${url.hostname.replaceAll('-', '__').replaceAll('.', '_')}`
}

/** No variable can name a host with a port. */
function credentials(mirrors: readonly CheckedMirror[]): readonly string[] {
  return mirrors.flatMap(({ url, token }) =>
    token === undefined || tokenVariable(url) !== undefined
      ? []
      : [`credentials ${quoted(url.host)} {`, `  token = ${quoted(token)}`, '}', ''],
  )
}

type Argument = readonly [name: string, value: string]

function block(name: string, parameters: readonly Argument[]): readonly string[] {
  if (parameters.length === 0) return [`${name} {}`]
  return [`${name} {`, ...parameters.map(([key, value]) => `  ${key} = ${value}`), '}']
}

function list(name: string, values: readonly string[]): readonly Argument[] {
  return values.length === 0 ? [] : [[name, `[${values.map(quoted).join(', ')}]`]]
}

function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"]/gu, String.raw`\$&`)}"`
}

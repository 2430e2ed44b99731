import { describe, expect, it } from 'vitest'

import { renderCliConfig, tokenVariable } from '../../../src/caches/providers/cli-config.ts'
import { checkMirror } from '../../../src/caches/providers/mirror-source.ts'

const cached = 'registry.terraform.io/hashicorp/time'
const none = { filesystemMirrors: [], networkMirrors: [], unreachable: [] }

describe('renderCliConfig', () => {
  it('says nothing where there is neither cache nor mirror', () => {
    expect(renderCliConfig(none)).toBeUndefined()
    expect(
      renderCliConfig({ ...none, filesystemMirrors: [{ path: '/p', include: [] }] }),
    ).toBeUndefined()
  })

  it('takes what is cached from the cache alone, and the rest from mirrors and registries', () => {
    const text = renderCliConfig({
      filesystemMirrors: [
        { path: '@job_dir@/caches/providers/jobs/o/j/unpacked', include: [cached] },
        { path: '@job_dir@/caches/providers/jobs/o/j/packed', include: [] },
      ],
      networkMirrors: [
        checkMirror({
          url: 'https://mirror.example.com/p',
          include: ['registry.terraform.io/*/*'],
        }),
      ],
      unreachable: [],
    })
    expect(text).toBe(`provider_installation {
  filesystem_mirror {
    path = "@job_dir@/caches/providers/jobs/o/j/unpacked"
    include = ["${cached}"]
  }
  network_mirror {
    url = "https://mirror.example.com/p/"
    include = ["registry.terraform.io/*/*"]
    exclude = ["${cached}"]
  }
  direct {
    exclude = ["${cached}"]
  }
}
`)
  })

  it.each([
    { include: undefined, exclude: '"registry.terraform.io/*/*"' },
    { include: ['*/*/*'], exclude: '"registry.terraform.io/*/*"' },
    { include: ['hashicorp/*'], exclude: '"hashicorp/*"' },
    { include: ['registry.terraform.io/a/b'], exclude: '"registry.terraform.io/a/b"' },
  ])(
    'keeps a registry that cannot be reached out of what a mirror of $include covers',
    ({ include, exclude }) => {
      const networkMirrors = [checkMirror({ url: 'https://mirror.example.com/', include })]
      const unreachable = ['registry.terraform.io']
      const text = renderCliConfig({ filesystemMirrors: [], networkMirrors, unreachable })
      expect(text).toContain(`  direct {\n    exclude = [${exclude}]\n  }`)
    },
  )

  it('leaves the registry to what no mirror covers', () => {
    const networkMirrors = [
      checkMirror({ url: 'https://mirror.example.com/', include: ['private.example.com/*/*'] }),
    ]
    const unreachable = ['registry.terraform.io']
    const text = renderCliConfig({ filesystemMirrors: [], networkMirrors, unreachable })
    expect(text).toContain('  direct {}\n')
  })

  it('names a token by variable, and in the file only where a port is in the way', () => {
    const plain = checkMirror({ url: 'https://my-mirror.example.com/', token: 'canary' })
    expect(tokenVariable(plain.url)).toBe('TF_TOKEN_my__mirror_example_com')
    expect(renderCliConfig({ ...none, networkMirrors: [plain] })).not.toContain('canary')
    const withPort = checkMirror({ url: 'https://mirror.example.com:8443/', token: 'canary' })
    expect(tokenVariable(withPort.url)).toBeUndefined()
    expect(renderCliConfig({ ...none, networkMirrors: [withPort] })).toContain(
      'credentials "mirror.example.com:8443" {\n  token = "canary"\n}',
    )
  })

  it.each([
    'http://mirror.example.com/',
    'mirror.example.com',
    'https://user:password@mirror.example.com/',
    'https://mirror.example.com/?token=canary',
  ])('refuses the mirror %s without repeating what may be secret', (url) => {
    expect(() => checkMirror({ url })).toThrow(/^(?!.*(?:canary|password@)).*SCALR_AGENT_PROVIDER/u)
  })

  it.each(['two words', 'quo"te', 'dollar${x}', 'line\nbreak'])('refuses the token %j', (token) => {
    const mirror = { url: 'https://mirror.example.com/', token }
    expect(() => checkMirror(mirror)).toThrow(/token holds characters/u)
  })

  it('refuses a pattern that would make the tools refuse everything', () => {
    const mirror = { url: 'https://mirror.example.com/', include: ['*/hashicorp/aws'] }
    expect(() => checkMirror(mirror)).toThrow(/'\*\/hashicorp\/aws'.*no pattern/u)
  })
})

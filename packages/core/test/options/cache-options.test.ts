import { describe, expect, it } from 'vitest'

import { ConfigurationError } from '../../src/errors/index.ts'
import type { Executor } from '../../src/executor/index.ts'
import { optionsFromEnv, resolveAgentOptions } from '../../src/options/index.ts'

const executor = { name: 'x', capabilities: {}, launch: () => {} } as unknown as Executor
const required = { token: 'a.b.c', executor }

function refusal(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as Error).message
  }
  return 'was not refused'
}

/** The lines of a refusal, without its heading. */
function issues(env: Readonly<Record<string, string>>): readonly string[] {
  return refusal(() => optionsFromEnv(env))
    .split('\n')
    .slice(1)
}

describe('hooks, caches, images and memory', () => {
  it('lie in the data directory and are on by default', () => {
    expect(resolveAgentOptions({ ...required, dataDir: '/data' })).toMatchObject({
      hooksDir: '/data/hooks',
      cacheDir: '/data',
      imageMode: 'golden',
      providerCache: { enabled: true, concurrency: 10, maxAgeDays: 10, networkMirrors: [] },
      binaryCache: { sizeLimitBytes: 5 * 1024 ** 3, maxAgeDays: 10, baseUrls: {} },
      memoryMonitor: {
        enabled: true,
        softLimitPercent: 80,
        warnPercent: 90,
        intervalMs: 1_000,
      },
    })
  })

  it('take a part of a group and fill in the rest', () => {
    const resolved = resolveAgentOptions({ ...required, memoryMonitor: { softLimitPercent: 70 } })
    expect(resolved.memoryMonitor).toMatchObject({ softLimitPercent: 70, warnPercent: 90 })
  })

  it('make relative directories absolute, since engines mount what lies there', () => {
    const resolved = resolveAgentOptions({ ...required, cacheDir: 'cache', hooksDir: 'hooks' })
    expect(resolved.cacheDir).toBe(`${process.cwd()}/cache`)
    expect(resolved.hooksDir).toBe(`${process.cwd()}/hooks`)
  })

  it.each([
    [{ memoryMonitor: { warnPercent: 101 } }, 'memoryMonitor.warnPercent: must be from 1 to 100'],
    [{ memoryMonitor: { intervalMs: 5 } }, 'memoryMonitor.intervalMs: must be at least 100 ms'],
    [{ tools: { opa: 'opa' } }, 'tools.opa: must be an absolute path'],
    [
      { providerCache: { networkMirrors: [{ url: 'http://mirror.example' }] } },
      'providerCache.networkMirrors.0.url: must be an HTTPS URL',
    ],
    [
      { providerCache: { networkMirrors: [{ url: 'https://mirror.example', include: ['aws'] }] } },
      "must be 'host/namespace/type'",
    ],
    [{ providerCache: { sizeLimit: 3 } }, 'Unrecognized key: "sizeLimit"'],
  ])('refuse %j in one line that names it', (options, line) => {
    const text = refusal(() => resolveAgentOptions({ ...required, ...options } as never))
    expect(text.split('\n')).toHaveLength(2)
    expect(text).toContain(line)
  })
})

describe('their variables', () => {
  it('read the names that Scalr documents, and ours', () => {
    expect(
      optionsFromEnv({
        SCALR_AGENT_HOOKS_DIR: '/etc/hooks',
        SCALR_AGENT_CACHE_DIR: '/cache',
        SCALR_AGENT_PROVIDER_CACHE_ENABLED: 'false',
        SCALR_AGENT_PROVIDER_CACHE_SIZE_LIMIT_MB: '2560',
        SCALR_AGENT_PROVIDER_CACHE_CONCURRENCY: '4',
        SCALR_AGENT_PROVIDER_CACHE_REGISTRY_HOSTS: 'registry.example, registry.opentofu.org',
        SCALR_AGENT_PROVIDER_NETWORK_MIRRORS:
          '[{"url": "https://mirror.example/", "token": "t", "include": ["registry.opentofu.org/*/*"]}]',
        SCALR_AGENT_BINARY_CACHE_SIZE_LIMIT_MB: '1024',
        SCALR_AGENT_BINARY_CACHE_THRESHOLD_DAYS: '3',
        SCALR_AGENT_BINARY_CACHE_BASE_URLS: '{"terraform": "https://releases.example"}',
        SCALR_AGENT_BINARY_CACHE_SIGNING_KEYS: '{"terraform": "/keys/hashicorp.asc"}',
        SCALR_AGENT_MEMORY_MONITOR_ENABLED: '1',
        SCALR_AGENT_MEMORY_MONITOR_SOFT_LIMIT_PERCENT: '75',
        SCALR_AGENT_MEMORY_MONITOR_WARN_PERCENT: '85',
        SCALR_AGENT_CONTAINER_TASK_IMAGE_MODE: 'legacy',
        SCALR_AGENT_CONTAINER_TASK_IMAGE_REGISTRY: 'gcr.io/my/org/',
        SCALR_AGENT_PARALLELISM: '20',
        SCALR_AGENT_TERRAGRUNT_PATH: '/usr/bin/terragrunt',
        SCALR_AGENT_OPA_PATH: '/usr/bin/opa',
      }),
    ).toEqual({
      hooksDir: '/etc/hooks',
      cacheDir: '/cache',
      providerCache: {
        enabled: false,
        sizeLimitBytes: 2560 * 1024 ** 2,
        concurrency: 4,
        registryHosts: ['registry.example', 'registry.opentofu.org'],
        networkMirrors: [
          { url: 'https://mirror.example/', token: 't', include: ['registry.opentofu.org/*/*'] },
        ],
      },
      binaryCache: {
        sizeLimitBytes: 1024 ** 3,
        maxAgeDays: 3,
        baseUrls: { terraform: 'https://releases.example' },
        signingKeys: { terraform: ['/keys/hashicorp.asc'] },
      },
      memoryMonitor: { enabled: true, softLimitPercent: 75, warnPercent: 85 },
      imageMode: 'legacy',
      imageRegistry: 'gcr.io/my/org/',
      parallelism: 20,
      tools: { terragrunt: '/usr/bin/terragrunt', opa: '/usr/bin/opa' },
    })
  })

  it('read old names too', () => {
    const { providerCache, imageRegistry } = optionsFromEnv({
      SCALR_GC_PLUGINS_GLOBAL_SIZE_LIMIT: '512',
      SCALR_CONTAINER_TASK_IMAGE_REGISTRY: 'gcr.io/my/org',
    })
    expect(providerCache).toEqual({ sizeLimitBytes: 512 * 1024 ** 2 })
    expect(imageRegistry).toBe('gcr.io/my/org')
  })

  it.each([
    ['SCALR_AGENT_PROVIDER_NETWORK_MIRRORS', 'https://mirror.example', 'must be JSON, such as'],
    [
      'SCALR_AGENT_PROVIDER_NETWORK_MIRRORS',
      '[{"url": "https://mirror.example"}, {"url": "mirror.example"}]',
      '[1].url: must be an HTTPS URL',
    ],
    [
      'SCALR_AGENT_PROVIDER_NETWORK_MIRRORS',
      '[{"url": "https://mirror.example", "tokn": "secret"}]',
      'Unrecognized key: "tokn"',
    ],
    ['SCALR_AGENT_BINARY_CACHE_BASE_URLS', '{"terraform": "ftp://x"}', 'must be an HTTP or HTTPS'],
    ['SCALR_AGENT_BINARY_CACHE_BASE_URLS', '{"checkov": "https://x"}', 'Unrecognized key'],
    ['SCALR_AGENT_MEMORY_MONITOR_SOFT_LIMIT_PERCENT', '0', 'must be from 1 to 100'],
    ['SCALR_AGENT_MEMORY_MONITOR_WARN_PERCENT', '101', 'must be from 1 to 100'],
    ['SCALR_AGENT_MEMORY_MONITOR_WARN_PERCENT', 'much', 'must be a number from 1 to 100'],
    ['SCALR_AGENT_PROVIDER_CACHE_ENABLED', 'yes', 'must be true, false, 1 or 0'],
    ['SCALR_AGENT_CONTAINER_TASK_IMAGE_MODE', 'silver', 'golden'],
  ])('%s=%s is refused in one line', (name, value, reason) => {
    const [line, ...others] = issues({ [name]: value })
    expect(others).toEqual([])
    expect(line).toContain(`${name}: `)
    expect(line).toContain(reason)
    expect(line).not.toContain('secret')
  })
})

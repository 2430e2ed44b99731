import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import type { FastifyInstance } from 'fastify'

import type { Operation } from '../../src/public-api/openapi/index.ts'

export interface ServedRoute {
  /** `ALL` for a route that takes whatever method. */
  readonly method: string
  readonly url: string
  /** What it takes and gives, where that is described. */
  readonly operation?: Operation | undefined
}

/** Runs `start` and tells which routes the servers that it made do serve. HEAD is left out where GET is. */
export async function recordRoutes<T>(
  start: () => Promise<T>,
): Promise<{ readonly result: T; readonly routes: readonly ServedRoute[] }> {
  const found = new Map<string, Set<string>>()
  const operations = new Map<string, Operation | undefined>()
  const onServer = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance }
    fastify.addHook('onRoute', ({ method, url, config }) => {
      operations.set(`${String(method)} ${url}`, config?.operation)
      const methods = found.get(url) ?? new Set()
      found.set(url, methods)
      if (Array.isArray(method) && method.length > 1) methods.add('ALL')
      else methods.add(String(method))
    })
  }
  subscribe('fastify.initialization', onServer)
  try {
    const result = await start()
    const routes = [...found].flatMap(([url, methods]) =>
      [...methods]
        .filter((method) => method !== 'HEAD' || !methods.has('GET'))
        .map((method) => ({ method, url, operation: operations.get(`${method} ${url}`) })),
    )
    return { result, routes }
  } finally {
    unsubscribe('fastify.initialization', onServer)
  }
}

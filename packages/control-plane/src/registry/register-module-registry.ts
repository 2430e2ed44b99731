import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Clock, IdSource, Logger } from '../runtime/index.ts'
import {
  dataFiles,
  ModulesRepository,
  type Database,
  type FileStore,
  type ModuleRow,
} from '../store/index.ts'
import {
  bearerToken,
  createDownloadLinks,
  TokenRejectedError,
  type TokenService,
} from '../tokens/index.ts'

export interface ModuleRegistryDeps {
  readonly db: Database
  readonly files: FileStore
  readonly tokens: TokenService
  readonly clock: Clock
  readonly ids: IdSource
  readonly logger: Logger
}

/** What service discovery names `modules.v1`. */
export const moduleRegistryPath = '/api/registry/v1/modules/'

const archivesPath = '/api/registry/v1/archives'

interface ModuleParams {
  readonly namespace: string
  readonly name: string
  readonly provider: string
}

/** Terraform's module registry protocol: `source = "<host>/<account>/<name>/<provider>"`. */
export function registerModuleRegistry(app: FastifyInstance, deps: ModuleRegistryDeps): void {
  const { db, files } = deps
  const modules = new ModulesRepository(db)
  const links = createDownloadLinks(deps)

  async function moduleOf(
    request: FastifyRequest<{ Params: ModuleParams }>,
  ): Promise<ModuleRow | undefined> {
    const accountId = await accountOf(request, deps)
    const { namespace, name, provider } = request.params
    return namespace === accountId ? modules.byName(accountId, name, provider) : undefined
  }

  void app.register((scope, _options, done) => {
    scope.setErrorHandler((error, request, reply) => {
      if (error instanceof TokenRejectedError) {
        return refuse(reply.header('www-authenticate', 'Bearer'), 401, error.message)
      }
      deps.logger.error({ err: error, requestId: request.id }, 'A call of the registry failed')
      return refuse(reply, 500, `Something went wrong; the log names it under ${request.id}.`)
    })

    scope.get<{ Params: ModuleParams }>(
      `${moduleRegistryPath}:namespace/:name/:provider/versions`,
      async (request, reply) => {
        const module = await moduleOf(request)
        if (module === undefined) return refuse(reply, 404, noModule)
        const versions = modules
          .versionsOf(module.id)
          .filter(({ status }) => status === 'ok')
          .map(({ version }) => ({ version }))
        return reply.send({ modules: [{ versions }] })
      },
    )

    scope.get<{ Params: ModuleParams & { readonly version: string } }>(
      `${moduleRegistryPath}:namespace/:name/:provider/:version/download`,
      async (request, reply) => {
        const module = await moduleOf(request)
        const version =
          module &&
          modules
            .versionsOf(module.id)
            .find((one) => one.version === request.params.version && one.status === 'ok')
        if (version === undefined) return refuse(reply, 404, noModule)
        // The tool fetches it without its token, and knows an archive by the end of the path.
        const proof = links.proofOf(version.id)
        return reply
          .code(204)
          .header('x-terraform-get', `${archivesPath}/${version.id}/${proof}/module.tar.gz`)
          .send()
      },
    )

    scope.get<{ Params: { readonly id: string; readonly proof: string } }>(
      `${archivesPath}/:id/:proof/module.tar.gz`,
      async (request, reply) => {
        const { id, proof } = request.params
        const version = links.isGood(id, proof) ? modules.version(id) : undefined
        if (version?.status !== 'ok') {
          return refuse(reply, 404, 'This link has expired; ask the registry for a new one.')
        }
        return reply
          .type('application/gzip')
          .header('content-length', version.bytes ?? 0)
          .send(files.read(dataFiles.moduleVersion(id)))
      },
    )
    done()
  })
}

const noModule =
  'There is no such module or version, or it is not yours. The module resource names its source.'

/** The account of a user or service account, or that of the run that initialises a configuration. @throws TokenRejectedError */
async function accountOf(
  request: FastifyRequest,
  { db, tokens }: ModuleRegistryDeps,
): Promise<string | undefined> {
  const token = await tokens.verify(bearerToken(request.headers.authorization))
  if (token.kind === 'user' || token.kind === 'service-account') return token.accountId
  if (token.kind !== 'run') return undefined
  return db.get<{ account_id: string }>(
    `SELECT e.account_id FROM workspaces w JOIN environments e ON e.id = w.environment_id WHERE w.id = ?`,
    token.workspaceId,
  )?.account_id
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ errors: [message] })
}

import { silentLogger, type Clock, type Logger } from '@scalr-agent/core'
import { SharedWork } from '@scalr-agent/core/runtime'
import type Docker from 'dockerode'

import { isNotFound } from '../docker-error.ts'
import { askEngine } from '../engine/make-docker.ts'
import { CredentialHelperError } from './credential-helper.ts'
import { imageError } from './image-error.ts'
import type { ResolvedImageOptions } from './image-options.ts'
import {
  formatImageReference,
  parseImageReference,
  type ImageReference,
} from './image-reference.ts'
import { pullImage } from './pull-image.ts'
import type { PullProgress } from './pull-progress.ts'
import { findCredentials, type RegistryAuth } from './registry-credentials.ts'

/** An image that the engine has. */
export interface PresentImage {
  /** `sha256:…` */
  readonly id: string
  readonly wasPulled: boolean
}

export interface ImagesOptions extends ResolvedImageOptions {
  readonly clock: Clock
  readonly logger?: Logger
  /** At most once a second for each pull, and at its end. */
  readonly onPullProgress?: ((progress: PullProgress) => void) | undefined
}

/** Brings images to an engine. Those who want the same one at the same time wait for one pull. */
export class Images {
  readonly #options: ImagesOptions
  readonly #logger: Logger
  readonly #pulls = new SharedWork<PresentImage>()

  constructor(options: ImagesOptions) {
    this.#options = options
    this.#logger = options.logger ?? silentLogger
  }

  /**
   * Makes sure that the engine has the image under this name, and can run it.
   *
   * @throws `ExecutorError` `INVALID_SPEC` for what is no name of an image, `IMAGE_PULL_FAILED`
   */
  async ensure(
    docker: Docker,
    image: string,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<PresentImage> {
    const reference = parseImageReference(image)
    if (reference === undefined) {
      throw imageError(image, 'this is no name of an image. Write it as `registry/path:tag`.', {
        code: 'INVALID_SPEC',
      })
    }
    const { pullPolicy } = this.#options
    if (pullPolicy !== 'always') {
      const present = await this.#find(docker, image, signal)
      if (present !== undefined) return { id: present, wasPulled: false }
    }
    if (pullPolicy === 'never') {
      throw imageError(
        image,
        'the engine does not have it, and pulling is switched off (`pullPolicy: never`). Load it into the engine under this name.',
      )
    }
    const pull = async (shared: AbortSignal): Promise<PresentImage> => {
      await this.#pull(docker, image, reference, shared)
      const id = await this.#find(docker, image, shared)
      if (id === undefined) {
        throw imageError(
          image,
          'it was pulled, and was gone at once. Is something removing images?',
          {
            retryable: true,
          },
        )
      }
      return { id, wasPulled: true }
    }
    return await this.#pulls.run(formatImageReference(reference), pull, { signal })
  }

  async #pull(
    docker: Docker,
    image: string,
    reference: ImageReference,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, pullTimeoutMs, pullIdleTimeoutMs, onPullProgress } = this.#options
    const { auth, helperFailure } = await this.#credentials(reference, signal)
    const startedMs = clock.monotonicMs()
    this.#logger.info({ image, registry: reference.registry }, 'Pulling an image')
    await pullImage(docker, {
      reference,
      auth,
      context: {
        image,
        registry: reference.registry,
        authenticated: auth !== undefined,
        helperFailure,
      },
      timeoutMs: pullTimeoutMs,
      idleTimeoutMs: pullIdleTimeoutMs,
      clock,
      signal,
      onProgress: (progress) => {
        this.#logger.debug({ ...progress }, 'Pulling an image')
        onPullProgress?.(progress)
      },
    })
    this.#logger.info({ image, durationMs: clock.monotonicMs() - startedMs }, 'Pulled an image')
  }

  /** A helper that fails is no reason not to pull what everybody may: many images are public. */
  async #credentials(
    reference: ImageReference,
    signal: AbortSignal,
  ): Promise<{
    readonly auth?: RegistryAuth | undefined
    readonly helperFailure?: string
  }> {
    try {
      return { auth: await findCredentials(reference, { ...this.#options, signal }) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof CredentialHelperError)) throw error
      this.#logger.warn(
        { registry: reference.registry, reason: error.message },
        'Pulling without credentials, for the credential helper failed',
      )
      return { helperFailure: error.message }
    }
  }

  /** @returns its id, or `undefined` when the engine does not have it */
  async #find(docker: Docker, image: string, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted()
    const found = await docker
      .getImage(image)
      .inspect()
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
    if (found === undefined) return undefined
    if (this.#options.architecture === 'match') {
      const engine = await engineArchitecture(docker, signal)
      if (engine !== undefined && !runsOn(engine, found.Architecture)) {
        throw imageError(
          image,
          `it is for ${found.Os}/${found.Architecture}, and the engine's machine is ${engine}. Use an image for that, or set \`architecture: any\` where the engine emulates others.`,
        )
      }
    }
    return found.Id
  }
}

const architectures = new WeakMap<Docker, string>()

async function engineArchitecture(
  docker: Docker,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = architectures.get(docker)
  if (known !== undefined) return known
  const told: unknown = Object(await askEngine(docker, 'version', signal))['Arch']
  if (typeof told !== 'string' || told === '') return undefined
  architectures.set(docker, told)
  return told
}

/** Whether that CPU runs programs of the other by itself. An image that tells none is taken at its word. */
function runsOn(engine: string, image: string): boolean {
  if (image === '' || image === engine) return true
  return (engine === 'amd64' && image === '386') || (engine === 'arm64' && image === 'arm')
}

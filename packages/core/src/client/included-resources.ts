import { decodeResource, type DecodeContext, type Decoded } from './decode.ts'
import type { Identifier, WireResource } from './json-api.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import type { OtherResource } from './resource-types.ts'

/** What came along with a page or document: each is looked up by name, and decoded once. */
export class IncludedResources {
  readonly #definitions: ReadonlyMap<string, ResourceDefinition>
  readonly #wire: ReadonlyMap<string, WireResource>
  readonly #decoded = new Map<string, Decoded | OtherResource>()

  constructor(
    definitions: ReadonlyMap<string, ResourceDefinition>,
    resources: readonly WireResource[],
  ) {
    this.#definitions = definitions
    this.#wire = new Map(resources.map((resource) => [nameOf(resource), resource]))
  }

  /** @throws `ProtocolError` when it is there but not as its definition says */
  find(
    identifier: Identifier,
    context: Pick<DecodeContext, 'subject' | 'fields'>,
  ): Decoded | OtherResource | undefined {
    const name = nameOf(identifier)
    const known = this.#decoded.get(name)
    if (known !== undefined) return known
    const resource = this.#wire.get(name)
    if (resource === undefined) return undefined
    const { type, id } = resource
    const definition = this.#definitions.get(type)
    const found =
      definition === undefined
        ? { id, type, attributes: resource.attributes ?? {} }
        : decodeResource(definition, resource, { ...context, include: [], included: this })
    this.#decoded.set(name, found)
    return found
  }
}

function nameOf({ type, id }: Identifier): string {
  return `${type}/${id}`
}

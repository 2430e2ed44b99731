import { randomBytes } from 'node:crypto'

import { needlesOf, type Canary, type Needle } from './canaries.ts'
import { leakingConfiguration, leakingHook } from './leaks.ts'
import type { WorkspaceOptions } from './platform.ts'
import type { RecordingControlPlane } from './recording-control-plane.ts'
import type { Iac } from './tools.ts'

const random = (): string => randomBytes(9).toString('hex')
const odd = `p"q\\r'&<=%+/ü`

/** Secrets of a workspace whose run tries to tell each of them, in every form it has at hand. */
export class PlantedSecrets {
  /** Not secret: a run that told nothing would not have this in its log either. */
  readonly visible = `visible-${random()}`
  readonly #text: Canary = { name: 'Terraform variable', value: `tf-${random()}-${odd}` }
  readonly #inMap: Canary = { name: 'string in an HCL variable', value: `hcl-${random()}` }
  readonly #key: Canary = {
    name: 'multi-line variable',
    value: `-----BEGIN KEY-----\n${random()}${random()}\n-----END KEY-----\n`,
  }
  readonly #shell: Canary = { name: 'shell variable', value: `shell-${random()}-${odd}` }
  readonly #rotated: Canary = { name: 'rotated shell variable', value: `rotated-${random()}` }

  get needles(): readonly Needle[] {
    const all = [this.#text, this.#inMap, this.#key, this.#shell, this.#rotated]
    return all.flatMap(needlesOf)
  }

  /** A workspace that has them, plans and applies. */
  workspace(iac: Iac): WorkspaceOptions {
    const { visible } = this
    const hook = leakingHook
    return {
      iac,
      files: leakingConfiguration,
      autoApply: true,
      hooks: { preInit: hook, prePlan: hook, postPlan: hook, preApply: hook, postApply: hook },
      variables: [
        { key: 'text', value: this.#text.value, sensitive: true },
        { key: 'map', value: `{ password = "${this.#inMap.value}" }`, sensitive: true, hcl: true },
        { key: 'key', value: this.#key.value, sensitive: true },
        { key: 'visible', value: visible },
        { key: 'seconds', value: '2' },
        { key: 'VISIBLE', value: visible, category: 'shell' },
        { key: 'SHELL_SECRET', value: this.#shell.value, category: 'shell', sensitive: true },
        { key: 'ROTATED', value: this.#rotated.value, category: 'shell', sensitive: true },
      ],
    }
  }

  /** With the pool's token and those that the jobs were given, which are kept nowhere. */
  withTokens(
    poolToken: string,
    controlPlane: Pick<RecordingControlPlane, 'started'>,
  ): readonly Needle[] {
    const found = [poolToken, JSON.stringify(controlPlane.started)].flatMap(
      (content) => content.match(/eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/gu) ?? [],
    )
    const tokens = [...new Set(found)].flatMap((token, index) =>
      needlesOf({ name: `token ${index}`, value: token.slice(token.lastIndexOf('.') + 1) }),
    )
    return [...this.needles, ...tokens]
  }
}

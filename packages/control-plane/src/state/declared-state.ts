import { createHash } from 'node:crypto'

import { StateError } from './state-error.ts'
import { readStateFile } from './state-file.ts'

/** A state as it comes in a document, with what is said about it. */
export interface DeclaredState {
  /** Base64. */
  readonly state: string
  readonly md5: string
  readonly serial: number
  readonly lineage?: string | null | undefined
}

/**
 * The state's bytes, compared with what was declared about them.
 *
 * @throws {@link StateError} 400 when it is no state, 409 when it is another than was declared
 */
export function readDeclaredState(declared: DeclaredState): Buffer {
  const content = fromBase64(declared.state)
  const md5 = createHash('md5').update(content).digest('hex')
  const wanted = declared.md5.toLowerCase()
  if (md5 !== wanted) throw new StateError(409, `The MD5 of the state is ${md5}, not ${wanted}.`)
  const summary = readStateFile(content)
  if (summary.serial !== declared.serial) {
    throw new StateError(
      409,
      `The serial in the state is ${summary.serial}, not ${declared.serial}.`,
    )
  }
  const { lineage } = declared
  if (typeof lineage === 'string' && lineage !== summary.lineage) {
    throw new StateError(409, `The lineage in the state is '${summary.lineage}', not '${lineage}'.`)
  }
  return content
}

/** Node passes over what is no base64; a state that was cut or mangled is refused instead. */
function fromBase64(text: string): Buffer {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/u.test(text)) {
    throw new StateError(400, 'The state is not in base64. Nothing was changed.')
  }
  return Buffer.from(text, 'base64')
}

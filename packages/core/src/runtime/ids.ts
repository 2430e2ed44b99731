import { randomBytes } from 'node:crypto'

/** Makes ids; injectable so that tests can foretell them. */
export type IdSource = (prefix: string) => string

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Scalr's form: prefix, `-v0`, then random lower-case letters and digits (`run-v0p500fu3s9ban8s8`). */
export const randomId: IdSource = (prefix) => {
  let id = ''
  while (id.length < 15) {
    for (const byte of randomBytes(24)) {
      // 252 is the largest multiple of 36 below 256: what lies above would favour some letters.
      if (byte < 252 && id.length < 15) id += alphabet[byte % 36]
    }
  }
  return `${prefix}-v0${id}`
}

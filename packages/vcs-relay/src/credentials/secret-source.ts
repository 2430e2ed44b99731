import { readFile, stat } from 'node:fs/promises'

import { ConfigurationError } from '@scalr-agent/core'

/** A secret as it is given, or the file that holds it and may be replaced at any time. */
export type SecretSetting = { readonly value: string } | { readonly file: string }

/** Gives a secret, and its newest content where it is in a file. It never shows in `util.inspect`. */
export class SecretSource {
  readonly #setting: SecretSetting
  readonly #what: string
  #kept: { readonly stamp: string; readonly text: string } | undefined

  /** @param what names it in messages, e.g. `the token of git.example.com` */
  constructor(setting: SecretSetting, what: string) {
    this.#setting = setting
    this.#what = what
  }

  /** @throws {@link ConfigurationError} `INVALID_TOKEN` */
  async read(): Promise<string> {
    if ('value' in this.#setting) return this.#check(this.#setting.value)
    const { file } = this.#setting
    try {
      // Mounted secrets are replaced by a link to another file: inode or time differs.
      const { ino, mtimeNs, size } = await stat(file, { bigint: true })
      const stamp = `${ino}/${mtimeNs}/${size}`
      if (this.#kept?.stamp !== stamp) {
        this.#kept = { stamp, text: this.#check(await readFile(file, 'utf8')) }
      }
      return this.#kept.text
    } catch (error) {
      if (error instanceof ConfigurationError) throw error
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      throw new ConfigurationError(
        `Cannot read ${this.#what} from ${file}: ${code}. Check the path and its permissions.`,
        { code: 'INVALID_TOKEN', cause: error },
      )
    }
  }

  #check(text: string): string {
    const secret = text.trim()
    if (secret === '') {
      throw new ConfigurationError(`Cannot use ${this.#what}: it is empty.`, {
        code: 'INVALID_TOKEN',
      })
    }
    return secret
  }
}

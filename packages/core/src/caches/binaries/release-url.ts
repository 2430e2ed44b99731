import { ConfigurationError } from '../../errors/index.ts'
import { parseBaseUrl } from '../../http/index.ts'

/** A base URL, with its user name and password apart. */
export interface ReleaseUrl {
  readonly url: URL
  /** Value of the `Authorization` header. */
  readonly authorization: string | undefined
}

/**
 * @param what names the releases in messages: `the releases of tofu`
 * @throws {@link ConfigurationError}, which shows neither user name nor password
 */
export function parseReleaseUrl(baseUrl: string, what: string): ReleaseUrl {
  if (!URL.canParse(baseUrl)) return { url: parseBaseUrl(baseUrl, what), authorization: undefined }
  const url = new URL(baseUrl)
  const authorization =
    url.username === '' && url.password === ''
      ? undefined
      : `Basic ${Buffer.from(`${decode(url.username, what)}:${decode(url.password, what)}`).toString('base64')}`
  url.username = ''
  url.password = ''
  return { url: parseBaseUrl(url, what), authorization }
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new ConfigurationError(
      `Cannot use the URL of ${what}: its user name or password has a broken %-escape. Write a percent sign as %25.`,
      { cause },
    )
  }
}

import { ConfigurationError } from '../errors/index.ts'

/** Whether a host name, as `URL.hostname` writes it, can only be this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/u.test(hostname)
  )
}

/**
 * The base URL of a server: HTTPS, or plain HTTP to this machine alone, since every call carries a
 * token. Without query, fragment, user info and trailing slash.
 *
 * @param what names the server in messages, e.g. `the control plane`
 * @throws {@link ConfigurationError} `INSECURE_URL` or `INVALID_OPTIONS`
 */
export function parseBaseUrl(value: string | URL, what: string): URL {
  const url = tryParse(String(value))
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ConfigurationError(
      `Cannot use the URL of ${what}: it is not an http(s) URL. Give it whole, e.g. https://example.scalr.io.`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigurationError(
      `Cannot use the URL of ${what} (${url.host}): it holds a user name or password. Take it out and give the token on its own.`,
    )
  }
  if (url.search !== '' || url.hash !== '') {
    throw new ConfigurationError(
      `Cannot use the URL of ${what} (${url.host}): it has a query or fragment. Give scheme, host and path alone.`,
    )
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new ConfigurationError(
      `Cannot use http://${url.host} for ${what}: the token would cross the network unencrypted. Use https://; plain http is allowed for localhost only.`,
      { code: 'INSECURE_URL' },
    )
  }
  url.pathname = url.pathname.replace(/\/+$/u, '')
  return url
}

function tryParse(value: string): URL | undefined {
  const text = value.trim()
  return URL.canParse(text) ? new URL(text) : undefined
}

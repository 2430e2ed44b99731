/** What to do about an error status of the public API. */
export function statusAdvice(status: number): string | undefined {
  switch (status) {
    case 400:
    case 422:
      return 'Correct what is named and send it again.'
    case 403:
    case 404:
      return 'Check the id, and what the token may see.'
    case 409:
      return 'That does not fit what is there now: look at it again, and change what is in the way first.'
    case 412:
      return 'Read the current one again and build on it.'
    case 413:
      return 'Send or ask for less.'
    case 429:
      return 'Make fewer calls at once, or let them be tried again for longer (option `retryForMs`).'
    default:
      return status >= 500
        ? 'Try again later; if it stays so, tell whoever runs the server.'
        : undefined
  }
}

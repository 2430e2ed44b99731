/** The API server, or the way to it, fell silent: a time limit of ours was over, or a stream was cut. */
export class KubeSilentError extends Error {
  override readonly name = 'KubeSilentError'
}

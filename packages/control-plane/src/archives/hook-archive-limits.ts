/** One hook is a script and what it brings along; its repository may hold a few of them. */
export const hookArchiveLimits = {
  packedBytes: 16 * 1024 ** 2,
  unpackedBytes: 128 * 1024 ** 2,
  entries: 10_000,
}

/** A user and group by number. */
export interface UnixUser {
  readonly uid: number
  readonly gid: number
}

/** `uid` or `uid:gid`; the group is the same number as the user when it is not given. */
export function parseUser(text: string): UnixUser | undefined {
  const match = /^(\d{1,10})(?::(\d{1,10}))?$/u.exec(text)
  if (match === null) return undefined
  const uid = Number(match[1])
  const gid = match[2] === undefined ? uid : Number(match[2])
  // 2^32 - 1 means "leave as it is" to the system, which would be root.
  return Math.max(uid, gid) < 2 ** 32 - 1 ? { uid, gid } : undefined
}

/**
 * The members of an object, or the elements of an array by their index, each as the text that it is
 * written in. For text that is known to be JSON; anything but an object or an array has none.
 */
export function jsonMembers(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>()
  const begin = skipBlanks(json, 0)
  const isObject = json[begin] === '{'
  if (!isObject && json[begin] !== '[') return members
  let at = skipBlanks(json, begin + 1)
  while (at < json.length && json[at] !== '}' && json[at] !== ']') {
    let key = String(members.size)
    if (isObject) {
      const end = skipString(json, at)
      key = String(JSON.parse(json.slice(at, end)))
      // Over the colon.
      at = skipBlanks(json, skipBlanks(json, end) + 1)
    }
    const end = skipValue(json, at)
    members.set(key, json.slice(at, end))
    at = skipBlanks(json, end)
    if (json[at] === ',') at = skipBlanks(json, at + 1)
  }
  return members
}

function skipBlanks(json: string, from: number): number {
  let at = from
  while (/[ \t\r\n]/u.test(json[at] ?? '')) at += 1
  return at
}

/** Behind the string that begins at `from`. */
function skipString(json: string, from: number): number {
  let at = from + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

/** Behind the value that begins at `from`. */
function skipValue(json: string, from: number): number {
  let depth = 0
  let at = from
  while (at < json.length) {
    switch (json[at]) {
      case '"':
        at = skipString(json, at)
        if (depth === 0) return at
        continue
      case '{':
      case '[':
        depth += 1
        break
      case '}':
      case ']':
        // Of what is around a bare number or word.
        if (depth === 0) return at
        depth -= 1
        if (depth === 0) return at + 1
        break
      case ',':
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        if (depth === 0) return at
        break
      case undefined:
      default:
    }
    at += 1
  }
  return at
}

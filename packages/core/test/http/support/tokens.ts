/** A token of the right form; nobody signed it. The canary shows where it leaks. */
export function fakeToken(payload: object = {}, canary = 'c4n4ry'): string {
  return `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ canary, ...payload })}.${canary}-signature`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

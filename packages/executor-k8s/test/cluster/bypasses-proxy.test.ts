import { expect, it } from 'vitest'

import { bypassesProxy } from '../../src/cluster/bypasses-proxy.ts'

it.each([
  ['localhost', undefined],
  ['127.3.2.1', undefined],
  ['[::1]', ''],
  ['api.example.com', 'example.com'],
  ['api.example.com', 'other.com, .EXAMPLE.com'],
  ['api.example.com', '*.example.com'],
  ['api.example.com', 'api.example.com:443'],
  ['api.example.com', '*'],
  ['10.1.2.3', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3'],
  ['[fd00::5]', 'fd00::/8'],
])('%s goes directly with NO_PROXY=%s', (host, noProxy) => {
  expect(bypassesProxy(host, noProxy)).toBe(true)
})

it.each([
  ['api.example.com', undefined],
  ['api.example.com', 'ample.com'],
  ['api.example.com', '10.0.0.0/8'],
  ['11.1.2.3', '10.0.0.0/8'],
  ['10.1.2.3', '10.0.0.0/99,10.0.0.0/x'],
  ['10.1.2.3', 'fd00::/8'],
  ['127.example.com', ''],
])('%s goes through the proxy with NO_PROXY=%s', (host, noProxy) => {
  expect(bypassesProxy(host, noProxy)).toBe(false)
})

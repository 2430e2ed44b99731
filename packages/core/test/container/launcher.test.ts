import { spawnSync } from 'node:child_process'

import { expect, it } from 'vitest'

import { attemptOf, Launcher, launcherLife } from '../../src/container/launcher.ts'

it('tells whether an attempt of this process is under way', () => {
  const launcher = new Launcher()
  using other = new Launcher()
  expect(launcherLife(launcher.name)).toBe('alive')
  launcher[Symbol.dispose]()
  expect(launcherLife(launcher.name)).toBe('dead')
  expect(launcherLife(other.name)).toBe('alive')
  expect(attemptOf(other.name)).not.toBe(attemptOf(launcher.name))
})

it('tells whether another process lives, though somebody else got its pid', () => {
  using launcher = new Launcher()
  const [boot, namespace, , start] = launcher.name.split('.')
  const elsewhere = (pid: number, since = start): string =>
    [boot, namespace, pid, since, 'instance', 'attempt'].join('.')
  expect(launcherLife(elsewhere(process.pid))).toBe('alive')
  expect(launcherLife(elsewhere(process.pid, '1'))).toBe('dead')
  expect(launcherLife(elsewhere(spawnSync('true').pid))).toBe('dead')
})

it('does not pretend to know of another machine or container', () => {
  expect(launcherLife('other-boot.4026531836.1.100.i.a')).toBe('unknown')
  expect(launcherLife('')).toBe('unknown')
})

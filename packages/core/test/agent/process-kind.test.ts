import { describe, expect, it } from 'vitest'

import { claimProcess } from '../../src/agent/process-kind.ts'

describe('one process holds one kind of agent', () => {
  it('refuses the other kind with the reason, until the last one has gone', () => {
    const first = claimProcess('run')
    const second = claimProcess('run')
    expect(() => claimProcess('vcs')).toThrow(
      'Cannot start a VCS agent in this process: a run agent runs in it. A run agent executes code of others',
    )
    first[Symbol.dispose]()
    // Twice is once.
    first[Symbol.dispose]()
    expect(() => claimProcess('vcs')).toThrow('a run agent runs in it')
    second[Symbol.dispose]()
    using _vcs = claimProcess('vcs')
    expect(() => claimProcess('run')).toThrow('Cannot start a run agent in this process: a VCS')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { errorTitle, readStageFindings } from '../../src/job/read-stage-findings.ts'

/** As Terraform 1.11.4 and OpenTofu 1.12.6 print them with `-no-color`. */
const heldId = '6c5cd3d6-4dbd-4c1c-9b6e-8a1e1b4cdd11'
const tofuHeld = `
Error: Error acquiring the state lock

Error message: HTTP remote state already locked:
ID=${heldId}
Lock Info:
  ID:        ${heldId}
  Path:      
  Operation: OperationTypeApply
  Who:       alice@build-7
  Version:   1.11.4
  Created:   2026-11-22 10:11:12.123456789 +0000 UTC
  Info:      


OpenTofu acquires a state lock to protect the state from being written
by multiple users at the same time.
`
const terraformHeld = tofuHeld
  .replace(`ID:        ${heldId}`, 'ID:        b292b114-1bfb-7fcf-16ce-5753c3c399fa')
  .replace('alice@build-7', 'root@vm')
  .replace('OpenTofu', 'Terraform')

const notReleased = `
Error: Failed to save state

Error saving state: Failed to upload state: POST
http://127.0.0.1:18765/s?ID=576d324c-d7dd-ae0d-4935-634b76102388 giving up
after 1 attempt(s)

Error: Error releasing the state lock

Error message: Failed to unlock: UNLOCK http://127.0.0.1:18765/s giving up
after 1 attempt(s)

Terraform acquires a lock when accessing your state to prevent others
`

describe('what a log says of a stage that failed', () => {
  it("is the tool's own errors, from the first to the end", () => {
    const text = `Initializing provider plugins...
- Finding latest version of hashicorp/aws...

Error: Failed to query available provider packages

Could not retrieve the list of available versions.

Error: Another one
`
    const { errors } = readStageFindings('init', text)
    expect(errors).toMatch(/^Error: Failed to query available provider packages\n\nCould not/u)
    expect(errors).toMatch(/Error: Another one$/u)
    expect(errorTitle(errors)).toBe('Failed to query available provider packages')
  })

  it('names the error, and not the words that there are some', () => {
    const errors = `Error: Terraform encountered problems during initialisation, including problems
with the configuration, described below.


Error: Duplicate output definition

  on main.tf line 5:
`
    expect(errorTitle(errors)).toBe('Duplicate output definition')
    expect(errorTitle(errors.slice(0, 100))).toMatch(/^Terraform encountered problems/u)
  })

  it('is the same within the frame that is drawn for a terminal', () => {
    const text = '╷\n│ Error: Invalid reference\n│ \n│   on main.tf line 3\n╵\n'
    expect(readStageFindings('plan', text).errors).toBe(
      'Error: Invalid reference\n\n  on main.tf line 3',
    )
  })

  it('keeps whole lines of errors without end', () => {
    const line = `${'x'.repeat(99)}\n`
    const { errors } = readStageFindings('plan', `Error: Much\n${line.repeat(1_000)}`)
    expect(errors?.length).toBeLessThan(4_100)
    expect(errors?.split('\n').slice(1, -1)).toSatisfy((lines: string[]) =>
      lines.every((one) => one.length === 99),
    )
  })

  it('is nothing where the tool said nothing', () => {
    expect(readStageFindings('plan', 'Killed\n')).toEqual({ stage: 'plan' })
  })

  it('is never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (noise) => {
        const text = `Error: Error acquiring the state lock\n${noise}\nLock Info:\n${noise}`
        expect(readStageFindings('plan', text).stage).toBe('plan')
      }),
    )
  })
})

describe('a lock that is held', () => {
  it('is told with who holds it, since when and for what', () => {
    expect(readStageFindings('plan', tofuHeld).lock).toEqual({
      id: heldId,
      state: 'held',
      who: 'alice@build-7',
      created: '2026-11-22 10:11:12 UTC',
      operation: 'OperationTypeApply',
      tool: 'tofu',
    })
  })

  it('is not blamed on ourselves: Terraform prints the Lock Info of the lock that it wanted', () => {
    expect(readStageFindings('plan', terraformHeld).lock).toEqual({
      id: heldId,
      state: 'held',
      tool: 'terraform',
    })
  })

  it('is none when a hook only prints such words', () => {
    expect(
      readStageFindings('pre-plan', 'No Error acquiring the state lock today').lock,
    ).toBeUndefined()
  })
})

describe('a lock that could not be released', () => {
  it('is told where the tool named it', () => {
    expect(readStageFindings('apply', notReleased).lock).toEqual({
      id: '576d324c-d7dd-ae0d-4935-634b76102388',
      state: 'left',
      tool: 'terraform',
    })
  })

  it('is left to the control plane where it did not', () => {
    const text = notReleased.slice(notReleased.indexOf('Error: Error releasing'))
    expect(readStageFindings('apply', text).lock).toBeUndefined()
  })
})

describe('a full disk', () => {
  it.each([
    'Error: write /opt/workdir/.terraform/providers/x: no space left on device',
    'mkdir: cannot create directory: No space left on device',
    'Error: Disk quota exceeded',
  ])('is found in %j', (line) => {
    expect(readStageFindings('init', `before\n${line}\nafter\n`).diskFull).toBe(line)
  })
})

import { vi } from 'vitest'

type Text = string | undefined

/** Resolves when the text that is read holds this; fails with what there was instead. */
export async function untilText(
  read: () => Text | Promise<Text>,
  wanted: string | RegExp,
): Promise<void> {
  const look = async (): Promise<void> => {
    const text = (await read()) ?? ''
    if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) return
    throw new Error(`${String(wanted)} did not come. What came:\n${text}`)
  }
  await vi.waitFor(look, { timeout: 120_000, interval: 100 })
}

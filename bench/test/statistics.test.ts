import { describe, expect, it } from 'vitest'

import { median, quantile, rounded } from '../src/statistics.ts'

describe('quantile', () => {
  it('is the nearest rank', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index)
    expect(quantile(values, 0.5)).toBe(100)
    expect(quantile(values, 0.95)).toBe(190)
    expect(quantile([7], 0.95)).toBe(7)
  })

  it('leaves its input alone', () => {
    const values = [3, 1, 2]
    quantile(values, 0.5)
    expect(values).toEqual([3, 1, 2])
  })

  it('has nothing to say of no values', () => {
    expect(() => quantile([], 0.5)).toThrow(TypeError)
  })
})

describe('median', () => {
  it('is the middle one, or the mean of the two in the middle', () => {
    expect(median([5, 1, 9])).toBe(5)
    expect(median([1, 10, 2, 9])).toBe(5.5)
  })
})

it('rounds to the digits asked for', () => {
  expect([rounded(1.26), rounded(1.0456, 3), rounded(12.5, 0)]).toEqual([1.3, 1.046, 13])
})

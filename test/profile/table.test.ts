import { expect, it } from 'vitest'
import { renderTable } from '../../src/profile/table.ts'

it('aligns columns and leaves nothing at the ends of lines', () => {
  const text = renderTable(
    ['SITE', 'WHY'],
    [
      ['a', ''],
      ['aruba', 'joins'],
      ['b', 'x'],
    ],
  )
  expect(text).toBe('SITE   WHY\na\naruba  joins\nb      x\n')
})

it('is the head alone when there is nothing to tell', () => {
  expect(renderTable(['SITE', 'WHY'], [])).toBe('SITE  WHY\n')
})

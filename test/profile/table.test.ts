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

it('paints cells within their widths, and neither the head nor what is empty', () => {
  const rows = [
    ['a', ''],
    ['aruba', 'joins'],
  ]
  const text = renderTable(['SITE', 'WHY'], rows, (cell, column) => `<${column}${cell}>`)
  expect(text).toBe('SITE   WHY\n<0a>\n<0aruba>  <1joins>\n')
})

import { describe, expect, test } from 'vitest'
import { renderPlan } from '../../src/plan/render.ts'
import { planHostname } from '../../src/site/hostname.ts'
import { fileOf } from './support/text.ts'

interface Case {
  kernel?: string
  hostnamed?: string
  file?: string
}

function plan({ kernel = 'old', hostnamed, file }: Case) {
  return planHostname('aruba-1', {
    kernel,
    hostnamed,
    file: file === undefined ? undefined : fileOf(file),
  })
}

describe('the hostname', () => {
  test.each<[string, Case, string]>([
    [
      'where systemd runs',
      { hostnamed: 'old', file: 'old\n' },
      "hostnamectl --static set-hostname aruba-1  # the node's name",
    ],
    [
      'where the kernel alone has another',
      { hostnamed: 'aruba-1', file: 'aruba-1\n' },
      "hostname aruba-1  # the node's name",
    ],
    ['where systemd has it', { hostnamed: 'aruba-1', kernel: 'aruba-1' }, ''],
    [
      'without systemd',
      { file: 'old\n' },
      "write /etc/hostname (8 bytes)  # the node's name\nhostname aruba-1  # the node's name",
    ],
    ['without a file', { kernel: 'aruba-1' }, "write /etc/hostname (8 bytes)  # the node's name"],
    ['with all as it should be', { kernel: 'aruba-1', file: '# ours\n\n aruba-1 \n' }, ''],
  ])('%s', (_, is, text) => {
    expect(renderPlan(plan(is))).toBe(text)
  })

  test('goes back to what it was, in file and kernel', () => {
    const undo = (is: Case) => plan(is).flatMap((step) => ('undo' in step ? (step.undo ?? []) : []))
    const static_ = ['hostnamectl', '--static', 'set-hostname']
    expect(undo({ hostnamed: 'old' })).toEqual([{ argv: [...static_, 'old'] }])
    expect(undo({ hostnamed: '', kernel: 'dhcp-7' })).toEqual([
      { argv: [...static_, ''] },
      { argv: ['hostname', 'dhcp-7'] },
    ])
    expect(undo({ file: 'old\n' })).toEqual([{ argv: ['hostname', 'old'] }])
  })

  test('is left alone where nobody wants it set', () => {
    expect(planHostname(undefined, { kernel: 'a', hostnamed: 'b', file: undefined })).toEqual([])
  })
})

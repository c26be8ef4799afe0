import { describe, expect, it } from 'vitest'
import { parseSubject } from '../../src/pki/subject.ts'

const id = '4f'.repeat(16)

describe('a subject', () => {
  it('is read as it is written', () => {
    expect(parseSubject(`O=example\nOU=node\nL=aruba\nname=aruba-7\nCN=${id}`)).toEqual({
      ...{ id, role: 'node', name: 'aruba-7', centre: 'example', site: 'aruba' },
    })
    expect(parseSubject(`O=exa_mple\nOU=hub\nname=hub1\nCN=${id}`)).toEqual({
      ...{ id, role: 'hub', name: 'hub1', centre: 'exa_mple' },
    })
  })

  it.each([
    ['no site', `O=example\nOU=node\nname=aruba-7\nCN=${id}`],
    ["another site's name", `O=example\nOU=node\nL=hpc\nname=aruba-7\nCN=${id}`],
    ["a job's name", `O=example\nOU=node\nL=aruba\nname=aruba-job-7\nCN=${id}`],
    ["a node's name for a job", `O=example\nOU=job\nL=aruba\nname=aruba-7\nCN=${id}`],
    ['slot 0', `O=example\nOU=node\nL=aruba\nname=aruba-0\nCN=${id}`],
    ['a site for a hub', `O=example\nOU=hub\nL=aruba\nname=hub1\nCN=${id}`],
    ['an unknown role', `O=example\nOU=root\nname=hub1\nCN=${id}`],
    ['an inherited role', `O=example\nOU=constructor\nname=hub1\nCN=${id}`],
    ['another order', `OU=hub\nO=example\nname=hub1\nCN=${id}`],
    ['two values in one', `O=example+OU=hub\nname=hub1\nCN=${id}`],
    ['an attribute twice', `O=example\nOU=hub\nOU=node\nname=hub1\nCN=${id}`],
    ['an attribute more', `O=example\nOU=hub\nname=hub1\nCN=${id}\nC=IT`],
    ['an id that begins otherwise', `O=example\nOU=hub\nname=hub1\nCN=8f${id.slice(2)}`],
    ['an id in capitals', `O=example\nOU=hub\nname=hub1\nCN=${id.toUpperCase()}`],
    ['a short id', `O=example\nOU=hub\nname=hub1\nCN=${id.slice(2)}`],
    ['a space', `O=example\nOU=hub\nname=hub 1\nCN=${id}`],
    ['nothing', ''],
  ])('with %s is not ours', (_, text) => {
    expect(parseSubject(text)).toBeUndefined()
  })
})

import { expect, test } from 'vitest'
import { parseLdd } from '../../scripts/lib/tarball/libraries.ts'

const openvpn = `	linux-vdso.so.1 (0x00007f139e663000)
	libssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f139e449000)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f139dc1e000)
	/lib64/ld-linux-x86-64.so.2 (0x00007f139e665000)
`

test('ldd tells the loader and the libraries; what the kernel brings along is none', () => {
  expect(parseLdd(openvpn)).toEqual({
    loader: '/lib64/ld-linux-x86-64.so.2',
    found: new Map([
      ['libssl.so.3', '/lib/x86_64-linux-gnu/libssl.so.3'],
      ['libc.so.6', '/lib/x86_64-linux-gnu/libc.so.6'],
    ]),
  })
})

test('a library that is missing here, or a program without any, is not packed', () => {
  expect(() => parseLdd('	libssl.so.3 => not found\n')).toThrow('"libssl.so.3" is not installed')
  expect(() => parseLdd('	statically linked\n')).toThrow('no packing')
})

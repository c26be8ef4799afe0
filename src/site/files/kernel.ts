/** The kernel's own: a write there is no file but an order. */
const FOLDERS = ['/proc', '/sys', '/dev']

export const KERNEL_REFUSED = "is the kernel's, which is not written"

export function isOfKernel(path: string): boolean {
  return FOLDERS.some((folder) => path === folder || path.startsWith(`${folder}/`))
}

import { makeNode } from '../store/records.ts'

type NewNode = ReturnType<typeof makeNode>

export const sshKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGzQ3mPJKxYkb4zBWrIGyHc8yJ0yq6Z8GQv1cJ8dXvB5'
export const otherSshKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGzQ3mPJKxYkb4zBWrIGyHc8yJ0yq6Z8GQv1cJ8dXvB6'

/** A node as joins make them, whose every part is as the protocol says. */
export function knownNode(slot: number, over: Partial<NewNode> = {}): NewNode {
  return makeNode({
    id: `id-${slot}`,
    slot,
    certificate: hex(slot, 32),
    publicKey: hex(slot, 64),
    wireguardKey: Buffer.alloc(32, slot).toString('base64'),
    sshHostKeys: [sshKey],
    token: 'AAAAAAAAAAA',
    ...over,
  })
}

function hex(slot: number, length: number): string {
  return `4${String(slot).padStart(length - 1, '0')}`
}

import { realMachine } from '../../src/apply/real-machine.ts'
import { runInit } from '../../src/client/init.ts'
import { killing, withFault } from '../fakes/faults.ts'

/** DIR STATE K: an init that is killed at its K-th call to the machine. */
const [, , dir = '', stateDir = '', at] = process.argv
const machine = withFault(realMachine(), { at: Number(at), when: 'before', strike: killing })
await runInit({ dir, stateDir, machine })

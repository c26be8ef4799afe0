import { expect, test } from 'vitest'
import { differencesOf, mergeMachine } from '../../../src/server/enrol/machine.ts'

const whole = { machineId: 'm', dmiUuid: 'd', instanceId: 'i', bootId: 'b1' }
const known = { ...mergeMachine(null, whole), isProved: true }

test('a machine is told from another by each field that both have', () => {
  expect(differencesOf(known, whole)).toEqual([])
  expect(differencesOf(known, {})).toEqual([])
  expect(differencesOf(known, { machineId: null, dmiUuid: '', instanceId: null })).toEqual([])
  expect(differencesOf(null, whole)).toEqual([])
  expect(differencesOf({ machineId: null, dmiUuid: '', instanceId: null }, whole)).toEqual([])
  const other = { machineId: 'x', dmiUuid: 'x', instanceId: 'x', bootId: 'x' }
  expect(differencesOf(known, other)).toEqual(['machine-id', 'DMI UUID', 'instance id'])
})

test('what a machine does not say now is known from before', () => {
  expect(mergeMachine(known, {})).toEqual(known)
  expect(mergeMachine(known, { machineId: '', bootId: null })).toEqual(known)
  expect(mergeMachine(null, {})).toEqual({
    machineId: null,
    dmiUuid: null,
    instanceId: null,
    bootIds: [],
    isProved: false,
  })
})

test('a bounded number of boots is remembered, newest first; only the newest may come again', () => {
  let machine = known
  for (let n = 2; n <= 12; n++)
    machine = { ...mergeMachine(machine, { bootId: `b${n}` }), isProved: true }
  expect(machine.bootIds).toEqual(['b12', 'b11', 'b10', 'b9', 'b8', 'b7', 'b6', 'b5'])
  expect(mergeMachine(machine, { bootId: 'b12' })).toEqual(machine)
  expect(differencesOf(machine, { bootId: 'b12' })).toEqual([])
  expect(differencesOf(machine, { bootId: 'b11' })).toEqual(['boot id'])
  expect(differencesOf(machine, { bootId: 'b5' })).toEqual(['boot id'])
  expect(differencesOf(machine, { bootId: 'b13' })).toEqual([])
})

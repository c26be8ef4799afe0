export * from '../address.ts'

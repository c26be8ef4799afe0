import { newAjv, schemas } from './ajv.ts'

/** Compiled as this loads. Compiling takes longer than all else that `check` does, so the build does it before. */
const ajv = newAjv()
export const validateCentre = ajv.compile(schemas.validateCentre)
export const validateJoin = ajv.compile(schemas.validateJoin)
export const validateSite = ajv.compile(schemas.validateSite)

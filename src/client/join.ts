export { join } from './join/join.ts'
export { renderJoined } from './join/text.ts'

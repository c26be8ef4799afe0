import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

export interface Child {
  readonly process: ChildProcess
  /** What it acknowledged, as id and slot, until its end. */
  readonly acknowledged: Promise<ReadonlyMap<string, number>>
  /** Its first acknowledgement, or its end. */
  readonly begun: Promise<void>
}

export interface ChildOptions {
  readonly address: string
  readonly folder: string
  readonly name: string
  readonly lanes: number
  readonly joins: number
  readonly tokens: readonly string[]
}

const running = new Set<ChildProcess>()

export function startChild({ address, folder, name, lanes, joins, tokens }: ChildOptions): Child {
  const program = join(import.meta.dirname, 'child.ts')
  const args = [program, address, folder, name, String(lanes), String(joins), ...tokens]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let text = ''
  let errors = ''
  const begun = Promise.withResolvers<void>()
  child.stdout.on('data', (chunk) => {
    text += chunk
    begun.resolve()
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const acknowledged = new Promise<ReadonlyMap<string, number>>((resolve, reject) => {
    child.once('close', (_code, signal) => {
      running.delete(child)
      begun.resolve()
      if (errors !== '' && signal === null) reject(new Error(errors))
      else resolve(parse(text))
    })
  })
  return { process: child, acknowledged, begun: begun.promise }
}

/** Only joins that got a slot; a line that was cut off was not acknowledged. */
function parse(text: string): Map<string, number> {
  const lines = [...text.matchAll(/^(\S+) (\d+)\n/gm)]
  return new Map(lines.map(([, id = '', slot]) => [id, Number(slot)]))
}

export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL')
}

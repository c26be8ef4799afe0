import { isUtf8 } from 'node:buffer'
import type { Effective, NodeFile } from '../effective.ts'
import { contentOf } from '../lookup.ts'
import type { Sourced } from '../origin.ts'
import { renderTemplate, type Values } from '../template.ts'
import { type CustomCommand, type CustomFile, centreFile, type Profile } from '../types.ts'
import type { NodeContext } from './context.ts'
import type { Merged } from './merge.ts'
import { nodeValues } from './values.ts'

type Custom = Pick<Effective, 'hostname' | 'files' | 'commands' | 'checks' | 'labels'>

/** What is done on the node, with all templates filled in. */
export function resolveCustom(context: NodeContext, merged: Merged): Custom {
  const values = nodeValues(context)
  const files = [...merged.files.values()].filter((file) => !file.value.absent)
  return {
    hostname: merged.hostname ?? { value: 'keep', origin: nowhere },
    files: each(files, (file) => resolveFile(file, context.profile, values)),
    commands: each(merged.commands.values(), (command) => resolveCommand(command, values)),
    checks: each(merged.checks.values(), (check) => resolveCommand(check, values)),
    labels: [...merged.labels].map(([name, { value, origin }]) => ({
      value: { name, value },
      origin,
    })),
  }
}

const nowhere = { file: centreFile, path: ['defaults', 'hostname'] }

function each<T, U>(entries: Iterable<Sourced<T>>, resolve: (value: T) => U): Sourced<U>[] {
  return Array.from(entries, ({ value, origin }) => ({ value: resolve(value), origin }))
}

function resolveFile(file: CustomFile, profile: Profile, values: Values): NodeFile {
  const { content, source, template, secret, absent, ...kept } = file
  const given = content ?? textOf(contentOf(profile, source ?? ''))
  const rendered = template && typeof given === 'string' ? renderTemplate(given, values) : given
  return { ...kept, ...(secret && { secret }), content: rendered }
}

function textOf(bytes: Uint8Array): string | Uint8Array {
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : bytes
}

/** Each argument for itself: whatever a value holds, it stays one argument. */
function resolveCommand<T extends Pick<CustomCommand, 'run' | 'undo' | 'unless'>>(
  command: T,
  values: Values,
): T {
  const render = (argument: string) => renderTemplate(argument, values)
  return {
    ...command,
    run: command.run.map(render),
    ...(command.undo && { undo: command.undo.map(render) }),
    ...(command.unless && { unless: command.unless.map(render) }),
  }
}

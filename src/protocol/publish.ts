export type Published = Record<string, unknown>

/**
 * A schema as others read it: without our own keywords, and whatever has a title moved into the components, once;
 * what it is for stays at its place.
 * Who reads an answer should not rely on unknown fields being absent, so tolerant objects are open.
 */
export function publish(schema: unknown, components: Record<string, unknown>): Published {
  if (!isObject(schema)) throw new Error('a schema is an object')
  const { title, noun, hostile, tolerant, additionalProperties, ...rest } = schema
  const own = {
    ...(typeof noun === 'string' && { description: noun }),
    ...mapValues(rest, (part) => publishPart(part, components)),
    ...(additionalProperties === false && tolerant !== true && { additionalProperties }),
  }
  return typeof title === 'string' ? moved(title, own, components) : own
}

/** What a keyword holds: a schema, schemas by name, a list of either, or a plain value. */
function publishPart(part: unknown, components: Record<string, unknown>): unknown {
  if (Array.isArray(part)) return part.map((one) => publishPart(one, components))
  if (!isObject(part)) return part
  if (isSchema(part)) return publish(part, components)
  return mapValues(part, (schema) => publish(schema, components))
}

function isSchema(part: Record<string, unknown>): boolean {
  return typeof part['type'] === 'string' || Array.isArray(part['type']) || 'anyOf' in part
}

function moved(title: string, own: Published, components: Record<string, unknown>): Published {
  const { description, ...shape } = own
  const known = components[title]
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(shape)) {
    throw new Error(`two schemas have the title "${title}"`)
  }
  components[title] = shape
  return {
    $ref: `#/components/schemas/${title}`,
    ...(description !== undefined && { description }),
  }
}

function mapValues(
  record: Readonly<Record<string, unknown>>,
  map: (value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

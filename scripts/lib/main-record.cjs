'use strict'
// Runs the bundle in a folder as the executable would, and keeps the code cache of what that compiled.
// Without words it makes the caches that no run has made yet.
const { existsSync, readdirSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { compile, start } = require('./loader.cjs')

const folder = process.env.DYNFARM_BUNDLE
const scripts = new Map()
const read = (name) => readFileSync(join(folder, name), 'latin1')

process.on('exit', () => {
  for (const [name, script] of scripts) {
    const cache = join(folder, `${name}.cache`)
    if (!existsSync(cache)) writeFileSync(cache, script.createCachedData())
  }
})

if (process.argv.length > 2) {
  const onScript = (name, script) => scripts.set(name, script)
  start({ entry: './dynfarm.js', read, readCache: () => undefined, onScript })
} else {
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'))
  for (const name of names) scripts.set(`./${name}`, compile(`./${name}`, read(name)))
}

'use strict'
// Runs the bundle's files with their code caches, and loads each only when it is asked for.
const { Script } = require('node:vm')

/** `read(name)` gives a file's text, `readCache(name)` its code cache or undefined. */
exports.start = function start({ entry, read, readCache, onScript = () => {} }) {
  const loaded = new Map()
  const load = (name) => {
    if (!name.startsWith('./')) return require(name)
    return loaded.get(name)?.exports ?? run(name)
  }
  const run = (name) => {
    const module = { exports: {} }
    loaded.set(name, module)
    const script = compile(name, read(name), readCache(name))
    onScript(name, script)
    script.runInThisContext()(module.exports, load, module)
    return module.exports
  }
  load(entry)
}

/** A cache fits only a script that was wrapped and named in the very same way. */
function compile(name, text, cachedData) {
  const filename = `dynfarm/${name.slice(2)}`
  return new Script(`(function (exports, require, module) {${text}\n})`, { filename, cachedData })
}

exports.compile = compile

'use strict'
const { getAsset, getRawAsset } = require('node:sea')
const { standIn } = require('../../bin/hand-over.ts')
const { start } = require('./loader.cjs')

const asset = (name) => Buffer.from(getRawAsset(name))

// Before anything of this version is loaded: the same process, as the version in force.
const { version } = JSON.parse(getAsset('build.json', 'utf8'))
const other = standIn({ version, path: process.execPath })
if (other !== undefined) process.execve(other, [other, ...process.argv.slice(2)], process.env)

start({
  entry: './dynfarm.js',
  read: (name) => asset(name).latin1Slice(),
  readCache: (name) => asset(`${name}.cache`),
})

'use strict'
const { getRawAsset } = require('node:sea')
const { start } = require('./loader.cjs')

const asset = (name) => Buffer.from(getRawAsset(name))

start({
  entry: './dynfarm.js',
  read: (name) => asset(name).latin1Slice(),
  readCache: (name) => asset(`${name}.cache`),
})

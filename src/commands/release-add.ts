import { releaseRequest } from '../client/admin/release.ts'
import { addRelease } from '../client/admin/release-add.ts'
import { readBuild } from '../version.ts'
import { type CommandSpec, textOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'FILE is not run: what it is has to be said, unless it is the very executable that runs this. Once more with the same file, its end is set anew.',
  arguments: [['<file>', 'the executable']],
  options: [
    ['--key <file>', "the centre's release key (default: keys/release.key of the configuration)"],
    ['--version <version>', 'its version (default: of this executable, if FILE is it)'],
    ['--platform <platform>', 'its platform, as linux-x64 (default: as above)'],
    ['--minimum <version>', 'refuse nodes older than this'],
    ['--expiry <duration>', 'how long nodes may take it (default: 90d)'],
    ['--downgrade', 'let nodes that run a later version take it'],
  ],
  examples: [
    [
      'dynfarm release add ./dynfarm --version 1.3.0 --platform linux-x64 --key /media/key/release.key',
      'nodes fetch it when their site says so',
    ],
    ['dynfarm release add /usr/bin/dynfarm', 'the executable that runs this'],
  ],
  exits: [71, 75, 77, 78],
  run: async ({ args: [file = ''], options }, context) => {
    const text = (name: string) => textOption(options, name)
    const wanted = releaseRequest(
      {
        ...{ file, key: text('key'), version: text('version'), platform: text('platform') },
        ...{ minimum: text('minimum'), expiry: text('expiry') },
        downgrade: options['downgrade'] === true,
      },
      { ...context, build: readBuild(), executable: process.execPath },
    )
    const signal = context.onInterrupt()
    const { release, wasStored } = await addRelease(wanted, { ...context, signal })
    const { version, platform } = release
    const how = wasStored ? 'the server had the file' : 'the file was sent'
    return { text: '', json: release, remark: `offered ${version} for ${platform}; ${how}` }
  },
}

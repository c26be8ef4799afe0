import type { StreamName } from '../channel-output.ts'
import type { OutputFolder } from '../files/output-folder.ts'
import type { Presenter } from './presenter.ts'

type Folders = Partial<Record<StreamName, OutputFolder>>

/** A stream that has a folder goes there, the other to the presenter. */
export function presentToFiles(folders: Folders, other: Presenter): Presenter {
  const all = new Set(Object.values(folders))
  return {
    begin: async (node) => {
      for (const folder of all) await folder.begin(node)
      await other.begin(node)
    },
    take: (node, bytes, stream) =>
      folders[stream]?.write(node, bytes) ?? other.take(node, bytes, stream),
    end: async (record) => {
      for (const folder of all) await folder.end(record.node)
      await other.end(record)
    },
    finish: () => other.finish(),
  }
}

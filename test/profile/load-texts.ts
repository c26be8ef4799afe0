import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadProfile } from '../../src/profile/load.ts'
import { renderProblems } from '../../src/profile/problem.ts'
import type { Profile } from '../../src/profile/types.ts'

/** The profile of a folder with these files, which must have no problems. */
export async function loadTexts(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Profile> {
  const dir = await mkdtemp(join(tmpdir(), 'dynfarm-profile-'))
  try {
    for (const [name, text] of Object.entries(files)) await write(join(dir, name), text)
    const { profile, problems } = await loadProfile(dir)
    if (profile === undefined || problems.length > 0) throw new Error(renderProblems(problems))
    return profile
  } finally {
    await rm(dir, { recursive: true })
  }
}

async function write(path: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  await chmod(path, 0o600)
}

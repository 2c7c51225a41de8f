import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../support/made-once'
import type { PackedApp } from '../support/packed-app'

/** Adds a server that calls the functions of an example as their platform does: its own is in no registry. */
export async function addFront({ path }: PackedApp, front: string, code: string): Promise<void> {
  for (const file of ['serve.ts', front]) await cp(join(root, 'tests/support', file), join(path, 'front', file))
  await writeFile(join(path, 'front', 'start.ts'), code)
}

/** Arguments for Node that start it. */
export const startFront = ['--import', 'tsx', '--env-file=.env', 'front/start.ts']

/** Arguments of the example's own `build`, which is a line of esbuild's. */
export const esbuild = (line: string): string[] => ['node_modules/esbuild/bin/esbuild', ...line.split(' ').slice(1)]

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'

/** One change of the library's sources. */
export interface Edit {
  /** Below `src`. */
  file: string
  text: string
  instead: string
}

/** Edits the bundled sources. Fails unless each text to replace occurs exactly once. */
export function edited(edits: readonly Edit[]): Plugin {
  const pathOf = ({ file }: Edit) => fileURLToPath(new URL(`../../src/${file}`, import.meta.url))
  return {
    name: 'edited',
    setup(build) {
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
        const here = edits.filter((edit) => pathOf(edit) === path)
        if (here.length === 0) return undefined
        let contents = await readFile(path, 'utf8')
        for (const { file, text, instead } of here) {
          if (contents.split(text).length !== 2) throw new Error(`${file} has not exactly one: ${text}`)
          contents = contents.replace(text, () => instead)
        }
        return { contents, loader: 'ts' }
      })
      build.onEnd(({ metafile }) => {
        const inputs = Object.keys(metafile?.inputs ?? {})
        const missing = edits.find((edit) => !inputs.some((input) => pathOf(edit).endsWith(input)))
        if (missing) throw new Error(`${missing.file} is not part of the library`)
      })
    },
  }
}

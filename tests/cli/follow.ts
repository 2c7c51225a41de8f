import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Applies the printed webhook steps of `init` in a folder. Each is `// file: change`, followed by its lines. */
export async function follow(stdout: string, path: string): Promise<void> {
  const steps = [...stdout.matchAll(/^ {4}\/\/ (\S+): (.*)\n((?: {4}(?!\/\/).*\n)*)/gm)]
  // From the last to the first, so that the line numbers stay correct.
  for (const [, file = '', what = '', block = ''] of steps.reverse()) {
    const lines = (await readFile(join(path, file), 'utf8')).split('\n')
    const [, from = 0, to = from] = /lines? (\d+)(?:–(\d+))?/.exec(what)?.map(Number) ?? []
    const added = block
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(4))
    if (what.startsWith('above')) lines.splice(from - 1, 0, ...added)
    else if (what.startsWith('add to the imports'))
      lines.splice(
        lines.findIndex((line) => !/require\(|import/.test(line)),
        0,
        ...added,
      )
    else lines.splice(from - 1, (to || from) - from + 1, ...(what.startsWith('replace') ? added : []))
    await writeFile(join(path, file), lines.join('\n'))
  }
}

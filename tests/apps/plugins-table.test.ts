import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { classPackages } from './plugins/classes-rows'
import { queryPlugins } from './plugins/query-plugins'
import { writePlugins } from './plugins/write-plugins'

const tested = [...queryPlugins, ...writePlugins, ...classPackages]
const file = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8')

interface Row {
  name: string
  version: string
  mongoose8: string
  mongoose9: string
  note: string
}

async function rowsOfTheDocs(): Promise<Row[]> {
  const lines = (await file('docs/plugins.md')).split('\n').filter((line) => line.startsWith('| `'))
  return lines.map((line) => {
    const [name = '', version = '', mongoose8 = '', mongoose9 = '', note = ''] = line.slice(2, -2).split(' | ')
    return { name: name.replaceAll('`', ''), version, mongoose8, mongoose9, note }
  })
}

describe('docs/plugins.md', () => {
  it('has a row for each tested plugin, with the verdicts of its tests', async () => {
    const { devDependencies } = JSON.parse(await file('package.json'))
    const expected = tested.map(({ name, note, verdict }): Row => {
      const version = devDependencies[name]
      return { name, version, mongoose8: verdict?.[8] ?? 'works', mongoose9: verdict?.[9] ?? 'works', note }
    })
    const byName = (a: Row, b: Row) => a.name.localeCompare(b.name)
    expect((await rowsOfTheDocs()).sort(byName)).toEqual(expected.sort(byName))
  })
})

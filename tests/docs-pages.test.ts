import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json'
import { documentedCodes } from '../src/cli/terminal/run-command'
import { docsOf, syncCodes, verificationCodes } from '../src/errors'
import { findingChecks, withDocs } from '../src/store/finding'

const root = fileURLToPath(new URL('../', import.meta.url))
const folder = `${root}docs/errors/`

/** What documents, the delivery log and conflicts name beside the codes of errors. */
const recorded = ['host_rule', 'missing_id', 'push_failed', 'unexpected']
const names = [...syncCodes, ...verificationCodes, ...documentedCodes, ...recorded, ...findingChecks]

/** The file of the published package that a link leads to. */
function fileOf(link: string): string {
  const [, path] = /^https:\/\/unpkg\.com\/clerk-mongo-sync\/(.+)$/.exec(link) ?? []
  return `${root}${path}`
}

describe('the pages of error codes and findings', () => {
  it.each(names)('%s has a page at its link, with its meaning and what to do', (name) => {
    const file = fileOf(docsOf(name))
    expect(existsSync(file)).toBe(true)
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(new RegExp(`^# \`${name}\`\n\n\\S`))
    expect(text).toMatch(/\n## Causes\n\n- \S[\s\S]*\n## What to do\n\n- \S[\s\S]*\n## Example\n\n```/)
  })

  it('are in the package', () => {
    expect(manifest.files).toContain('docs')
  })

  it('link to existing pages', () => {
    const dead = readdirSync(folder).flatMap((page) => {
      const links = [...readFileSync(`${folder}${page}`, 'utf8').matchAll(/\]\((?!https:)([^)#]+)/g)]
      return links.filter(([, path]) => !existsSync(`${folder}${path}`)).map(([, path]) => `${page}: ${path}`)
    })
    expect(dead).toEqual([])
  })

  it('are linked by findings, unless they are ok', () => {
    const finding = { check: 'database', message: 'x' } as const
    expect(withDocs({ ...finding, verdict: 'problem' })).toHaveProperty('docs', docsOf('database'))
    expect(withDocs({ ...finding, verdict: 'ok' })).not.toHaveProperty('docs')
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

interface Row {
  threat: string
  defence: string
  tests: { file: string; name: string }[]
}

/** The rows of SECURITY.md's table of threats, with the tests that their last cell names. */
function rowsOf(markdown: string): Row[] {
  const [, table = ''] = markdown.split('| threat | defence | test |\n|---|---|---|\n')
  const lines = table.split('\n\n')[0]?.trim().split('\n') ?? []
  return lines.map((line) => {
    const [threat = '', defence = '', cell = ''] = line
      .split('|')
      .slice(1)
      .map((text) => text.trim())
    let file = ''
    const tests: Row['tests'] = []
    for (const [, path, name] of cell.matchAll(/`(tests\/[^`]+)`|"([^"]+)"/g)) {
      if (path) file = path
      if (name) tests.push({ file, name })
    }
    return { threat, defence, tests }
  })
}

/** The test titles in a file's source. */
function testNamesIn(path: string): string[] {
  const names: string[] = []
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true)
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && /^(test|it)\b/.test(node.expression.getText(source))) {
      const [name] = node.arguments
      if (name && (ts.isStringLiteralLike(name) || ts.isTemplateExpression(name)))
        names.push(name.getText(source).slice(1, -1))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names.map((name) => name.replaceAll("\\'", "'"))
}

const rows = rowsOf(read('SECURITY.md'))
const named = rows.flatMap(({ tests }) => tests)

test('every threat has a defence and a test', () => {
  expect(rows.length).toBeGreaterThan(15)
  for (const { threat, defence, tests } of rows) {
    expect(
      [threat, defence].every((text) => text.length > 10),
      threat,
    ).toBe(true)
    expect(tests.length, threat).toBeGreaterThan(0)
  }
})

test('every test that the table names exists', () => {
  expect(named.filter(({ file, name }) => !testNamesIn(file).includes(name))).toEqual([])
})

test('every security test is in the table', () => {
  const files = readdirSync(new URL('tests/security', root)).filter(
    (file) => file.endsWith('.test.ts') && file !== 'table.test.ts',
  )
  const own = files.flatMap((file) =>
    testNamesIn(`tests/security/${file}`).map((name) => ({ file: `tests/security/${file}`, name })),
  )
  expect(own.filter(({ file, name }) => !named.some((one) => one.file === file && one.name === name))).toEqual([])
})

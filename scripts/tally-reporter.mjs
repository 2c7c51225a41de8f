// Vitest results for check.mjs, including errors that belong to no test, which its JSON omits.
import { writeFileSync } from 'node:fs'

/** How often a run that goes on writes what it has so far, which is what one that is cut off leaves. */
const EVERY_MS = 5_000

export default class TallyReporter {
  passed = 0
  running = new Set()
  writtenAt = 0

  onTestCaseReady(test) {
    this.running.add(nameOf(test))
    if (Date.now() - this.writtenAt < EVERY_MS) return
    this.writtenAt = Date.now()
    write({ passed: this.passed, failures: [], running: [...this.running] })
  }

  onTestCaseResult(test) {
    this.running.delete(nameOf(test))
    if (test.result().state === 'passed') this.passed++
  }

  /** @param {import('vitest/node').TestModule[]} modules @param {import('vitest/node').SerializedError[]} unhandled */
  onTestRunEnd(modules, unhandled) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const failedTests = tests
      .filter((test) => test.result().state === 'failed')
      .map((test) => ({
        name: nameOf(test),
        message: told(test.result().errors),
      }))
    const failedSuites = modules.flatMap((module) =>
      [module, ...module.children.allSuites()]
        .filter((suite) => suite.errors().length > 0)
        .map((suite) => ({
          name: `${module.relativeModuleId} > ${suite.fullName ?? 'the file itself'}`,
          message: told(suite.errors()),
        })),
    )
    const outside = unhandled.map((error) => ({
      name: `outside of the tests${error.VITEST_TEST_PATH ? `, during ${error.VITEST_TEST_PATH}` : ''}`,
      message: told([error]),
    }))
    const passed = tests.filter((test) => test.result().state === 'passed').length
    const failures = [...failedTests, ...failedSuites, ...outside]
    write({ passed, failures, running: [] })
  }
}

const nameOf = (test) => `${test.module.relativeModuleId} > ${test.fullName}`

const write = (tally) => writeFileSync(process.env.TALLY_FILE, JSON.stringify(tally))

const told = (errors) => errors.map(({ name, message, stack }) => stack ?? `${name}: ${message}`).join('\n')

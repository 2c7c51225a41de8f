// Vitest results for check.mjs, including errors that belong to no test, which its JSON omits.
import { writeFileSync } from 'node:fs'

export default class TallyReporter {
  /** @param {import('vitest/node').TestModule[]} modules @param {import('vitest/node').SerializedError[]} unhandled */
  onTestRunEnd(modules, unhandled) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const failedTests = tests
      .filter((test) => test.result().state === 'failed')
      .map((test) => ({
        name: `${test.module.relativeModuleId} > ${test.fullName}`,
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
    writeFileSync(process.env.TALLY_FILE, JSON.stringify({ passed, failures }))
  }
}

const told = (errors) => errors.map(({ name, message, stack }) => stack ?? `${name}: ${message}`).join('\n')

import { dirname } from 'node:path'
import type { Command } from 'commander'
import { type Finding, isOk, redactedMessage, runCheck, withDocs } from '../../store/finding'
import type { StoreLocation } from '../../store/write'
import { checkDatabase } from '../doctor/check-database'
import { checkKeys } from '../doctor/check-keys'
import { checkPackages } from '../doctor/check-packages'
import { checkRoute } from '../doctor/check-route'
import { checkSource } from '../doctor/check-source'
import { printFindings } from '../doctor/print-findings'
import { withoutContradictions } from '../doctor/without-contradictions'
import { type ConfigOptions, withConfig, withExamples } from '../project/common-options'
import { connectMs, missingVariable, showStore } from '../project/connect'
import { endpointDefault, endpointOf, sourceEndpoint } from '../project/endpoint'
import { findConfig } from '../project/find-config'
import { loadConfig } from '../project/load-config'
import { readProject } from '../project/project'
import { loadEnvironment, requireSecret, requireUrl, secretOption } from '../project/secret'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { whileWaiting } from '../terminal/progress'
import { CommandError, runCommand } from '../terminal/run-command'

interface Options extends ConfigOptions {
  url?: string
  secret?: string
  fix?: boolean
  probe?: boolean
}

/** Adds `doctor`, which checks everything that deliveries and jobs need, and says how to fix it. */
export function addDoctor(program: Command, io: Io): void {
  const command = withConfig(program.command('doctor').summary('find out why deliveries or jobs fail'))
    .description(
      'Checks the config, the secrets, MongoDB and its indexes, the Clerk key, the clocks, the installed packages and the route, ' +
        'and prints how to fix each problem. Sends the route a signed delivery of a type that Clerk does not have, which changes ' +
        'nothing. Exits with 2 if there is a problem, with 0 if there are only warnings.',
    )
    .option('--url <url>', `the endpoint (${endpointDefault}); the default is skipped if the app does not run`)
    .addOption(secretOption())
    .option(
      '--fix',
      'fix what can be fixed without losing data: build missing indexes, and after checking with Clerk convert deletions of an older scheme',
    )
    .option('--probe', 'store four sample users with the real rules and indexes, and remove them again')
    .action(runCommand(io, (options: Options) => doctor(io, options)))
  withExamples(command, [
    ['doctor', 'all checks; start the app first'],
    ['doctor --url https://example.com/api/webhooks/clerk', 'the endpoint in production, with its secret set'],
    ['doctor --fix', 'build missing indexes'],
    ['doctor --probe', 'also try real inserts with the schema'],
    ['doctor --json', 'the findings, for a script'],
  ])
}

async function doctor(io: Io, options: Options): Promise<ExitCode> {
  const config = findConfig(io.cwd)
  const root = config === undefined ? io.cwd : dirname(config)
  const url = await urlOf(io, root, options)
  const found = await whileWaiting(io, 'MongoDB or Clerk', () => checkConfig(io, options))
  const store = found.find((finding) => finding.store)?.store
  if (store) showStore(io, store)
  const route = { requireSecret: () => requireSecret(io, options.secret), isDefaultUrl: options.url === undefined }
  const looked = [
    ...checkPackages(root, { isLoaded: isOk(found, 'config'), isConnected: isOk(found, 'database') }),
    ...found.map((finding) => withVariable(finding, root, io.env)),
    ...(await runCheck('project', async () => checkProject(io, root, store))),
    ...(await whileWaiting(io, 'the endpoint', () => checkRoute(url, route))),
  ]
  const findings = withoutContradictions(looked).map(withDocs)
  const isFine = findings.every(({ verdict }) => verdict !== 'problem')
  printFindings(io, findings)
  io.result({ ok: isFine, findings })
  return isFine ? exitCodes.fine : exitCodes.problems
}

/** The given URL, else the app's probable endpoint. Errors of the config are reported separately. */
async function urlOf(io: Io, root: string, { url, config, env }: Options): Promise<string> {
  return requireUrl(url ?? (await endpointOf(io, { config, env }).catch(() => sourceEndpoint(root))))
}

/** Checks the config and its `clerkSync`. Reads the environment files too. */
async function checkConfig(io: Io, { config, env, fix = false, probe = false }: Options): Promise<Finding[]> {
  const check = 'config'
  try {
    const { clerkSync, file } = await loadConfig({ cwd: io.cwd, config, envFile: env, env: io.env })
    const ok: Finding = { check, verdict: 'ok', message: `${file} exports a clerkSync.` }
    return [ok, ...(await clerkSync.diagnose({ fix, probe, connectTimeoutMs: connectMs() }))]
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === exitCodes.usage) throw error
    // Later checks need the environment too.
    loadEnvironment(io, env)
    const message = error instanceof CommandError ? error.message : redactedMessage(error)
    return [{ check, verdict: 'problem', message }]
  }
}

/** Adds the variable to set to the finding about an unavailable database, if it is not set. */
function withVariable(finding: Finding, root: string, env: NodeJS.ProcessEnv): Finding {
  const isAway = finding.check === 'database' && finding.verdict === 'problem'
  const remedy = isAway ? missingVariable(root, env) : undefined
  return remedy === undefined ? finding : { ...finding, remedy }
}

function checkProject(io: Io, root: string, store: StoreLocation | undefined): Finding[] {
  const project = readProject(root)
  return [
    ...checkKeys(project, io.env),
    ...(store ? checkDatabase(project, store, io.env) : []),
    ...checkSource(project),
  ]
}

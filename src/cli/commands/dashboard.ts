import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Command } from 'commander'
import { toDashboardHandler } from '../../dashboard'
import { type ConfigOptions, clerkSyncOf, withConfig, withExamples } from '../project/common-options'
import { aborted, type ExitCode, exitCodes, type Io } from '../terminal/io'
import { listenError, parsePort } from '../terminal/port'
import { runCommand } from '../terminal/run-command'

interface Options extends ConfigOptions {
  port: number
}

const DEFAULT_PORT = 4011
/** Only this machine. */
const HOST = '127.0.0.1'

/** Adds `dashboard`, which serves the dashboard of the app's `clerkSync` on this machine. */
export function addDashboard(program: Command, io: Io): void {
  const command = withConfig(program.command('dashboard').summary('the dashboard, in a browser on this machine'))
    .description(
      'Serves the dashboard for the database and the Clerk instance of the config, until Ctrl-C. ' +
        'Only programs on this machine can reach it, and every user of this machine can.',
    )
    .option('--port <n>', 'port to listen on; 0 for any free one', parsePort, DEFAULT_PORT)
    .action(runCommand(io, (options: Options) => dashboard(io, options)))
  withExamples(command, [
    ['dashboard', `at http://localhost:${DEFAULT_PORT}`],
    ['dashboard --env .env.production', 'for the production database, whose connection string is in that file'],
  ])
}

async function dashboard(io: Io, options: Options): Promise<ExitCode> {
  const clerkSync = await clerkSyncOf(io, options)
  const { toNodeHandler } = await import('clerk-mongo-sync/node')
  const server = createServer(toNodeHandler(toDashboardHandler(clerkSync, { authorize: isLocal })))
  const { port } = await listen(server, options.port)
  const url = `http://localhost:${port}`
  io.out(`The dashboard is at ${io.colors.cyan(url)}`)
  io.streamed({ url })
  io.result({ url })
  const signal = io.stopSignal('The dashboard is closed.')
  io.out(io.colors.dim('Ctrl-C ends it.'))
  await aborted(signal)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return exitCodes.fine
}

function listen(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, port)))
    server.listen(port, HOST, () => resolve(server.address() as AddressInfo))
  })
}

/** A page of another site can reach this server under a name that it lets point to it, but then names itself as the host. */
function isLocal({ headers }: Request): boolean {
  const host = headers.get('host') ?? ''
  return URL.canParse(`http://${host}`) && ['localhost', HOST].includes(new URL(`http://${host}`).hostname)
}

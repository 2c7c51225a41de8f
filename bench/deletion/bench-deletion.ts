import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, runJob, type Server, startServer } from '../backfill/run'
import { type Setting, withSetting } from '../setting'

/** What is deleted. */
export type Owner = 'user' | 'organization'
/** How all its memberships end. `atOnce`: in a process that is not killed. */
export type Ending = 'atOnce' | 'redelivery' | 'reconcile'

export interface DeletionOptions {
  owner: Owner
  ending: Ending
  memberships: number
  mongoUri: string
}

/** Measurements of one deletion. */
export interface DeletionFigures extends Omit<DeletionOptions, 'mongoUri'> {
  /** Memberships that had ended when the handler's process was killed. */
  endedBeforeKill?: number
  /** Status of each answer, in order. */
  answers: string
  /** Time of the answers, or of reconcile. */
  seconds: number
  /** Commands of the answers, or of reconcile. */
  commands: number
  /** Requests of reconcile to Clerk. */
  requests?: number
  /** Living memberships at the end. */
  alive: number
}

const job = { heap: 512, only: 'memberships' } as const

/** Deletes a user or an organization with many memberships, through the handler. */
export function benchDeletion({ mongoUri, ...options }: DeletionOptions): Promise<DeletionFigures> {
  const { owner, ending, memberships } = options
  return withSetting({ mongoUri, name: `deletion_${owner}_${ending}`, speed: 1000 }, async (setting) => {
    const { clerk, connection } = setting
    const env = { ...setting.env, HAS_TENANTS: 'yes', COUNT_COMMANDS: 'yes' }
    if (owner === 'user') clerk.seed(1, { organizations: memberships, memberships })
    else clerk.seed(memberships, { organizations: 1, memberships })
    const backfill = await runJob('backfill', { env, ...job })
    if (backfill.result?.complete !== true) throw new Error(`The backfill failed: ${backfill.error}`)
    const alive = () => connection.collection('memberships').countDocuments({ clerkDeletedAt: null })
    let server = await startServer(env)
    clerk.deliverTo(server.url)
    deleteOne(clerk, owner)
    if (ending === 'atOnce') {
      await answered(server, clerk)
      return { ...options, ...totalOf(server.answers), alive: await alive() }
    }
    const endedBeforeKill = await killInTheMiddle(server, memberships, alive)
    if (ending === 'redelivery') {
      server = await startServer(env, Number(new URL(server.url).port))
      await answered(server, clerk)
      return { ...options, endedBeforeKill, ...totalOf(server.answers), alive: await alive() }
    }
    clerk.deliverTo(undefined)
    const before = clerk.requests.length
    const { result, error, seconds, commands } = await runJob('repair', { env, ...job })
    if (result?.complete !== true) throw new Error(`Reconcile failed: ${error}`)
    const requests = clerk.requests.length - before
    return { ...options, endedBeforeKill, answers: '', seconds, commands, requests, alive: await alive() }
  })
}

function deleteOne(clerk: Setting['clerk'], owner: Owner): void {
  const [id = ''] = [...clerk[`${owner}s`]].map(([one]) => one)
  clerk[`${owner}s`].delete(id)
}

/** Stops a server after the last delivery, once it has printed it. */
async function answered(server: Server, clerk: Setting['clerk']): Promise<void> {
  await clerk.settle()
  while (!server.answers.some(({ status }) => status === 200)) await sleep(50)
  await server.stop()
}

async function killInTheMiddle(server: Server, memberships: number, alive: () => Promise<number>): Promise<number> {
  while ((await alive()) > (memberships * 2) / 3) await sleep(20)
  await server.stop('SIGKILL')
  const ended = memberships - (await alive())
  if (ended === memberships) throw new Error('All had ended before the process was killed. Give more memberships.')
  return ended
}

/** Without the requests by which the start of the server is noticed. */
function totalOf(all: readonly Answer[]): Pick<DeletionFigures, 'answers' | 'seconds' | 'commands'> {
  const answers = all.filter(({ status }) => status !== 405)
  return {
    answers: answers.map(({ status }) => status).join(' '),
    seconds: answers.reduce((sum, answer) => sum + answer.seconds, 0),
    commands: answers.reduce((sum, answer) => sum + answer.commands, 0),
  }
}

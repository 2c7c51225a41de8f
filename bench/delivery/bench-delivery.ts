import { barChart } from '../shared/bar-chart'
import { runProgram } from '../shared/built'
import { startDatabase } from '../shared/start-database'
import { inWords, ratioOf, type Spread, spreadOf } from '../shared/statistics'
import { type Phase, phases } from './deliveries'
import type { Answer, Question, Sample, Traffic } from './measure'

export interface DeliveryOptions extends Omit<Question, 'mongoUri'> {
  isStub: boolean
}

/** What a handler needs for a phase, over all rounds. */
export interface DeliveryFigures extends Traffic {
  database: string
  via: string
  perSecond: Spread
  /** CPU time of the handler's process per delivery, in microseconds. */
  cpu: Spread
  /** In milliseconds. */
  p50: Spread
  p99: Spread
  /** Throughput divided by that of `lean`, in the same round. */
  speedOfLean?: Spread
  /** CPU time divided by that of `raw`, in the same round. */
  cpuOfRaw?: Spread
  /** CPU time divided by that of `ours`, in the same round. */
  cpuOfOurs?: Spread
}

/** Measures the library beside handlers written by hand, one after the other in each round. */
export async function benchDelivery({ isStub, ...options }: DeliveryOptions): Promise<DeliveryFigures[]> {
  const database = await startDatabase(isStub)
  try {
    const question: Question = { mongoUri: database.uri, ...options }
    const answer = await runProgram<Answer>('delivery/measure', question)
    return answer.traffic
      .filter(({ phase }) => options.phases.includes(phase))
      .map((traffic) => ({
        database: database.name,
        via: options.via,
        ...traffic,
        ...figuresOf(answer.samples, traffic),
      }))
      .sort((a, b) => phases.indexOf(a.phase) - phases.indexOf(b.phase) || a.inFlight - b.inFlight)
  } finally {
    await database.stop()
  }
}

function figuresOf(samples: readonly Sample[], { subject, phase, inFlight }: Traffic) {
  const here = samples.filter((one) => one.phase === phase && one.inFlight === inFlight)
  const own = here.filter((one) => one.subject === subject)
  const spread = (what: 'perSecond' | 'cpu' | 'p50' | 'p99') => spreadOf(own.map((one) => one[what]))
  const ratio = (what: 'perSecond' | 'cpu', rival: string): Spread | undefined => {
    const others = here.filter((one) => one.subject === rival)
    return others.length > 0 ? ratioOf(own, others, what) : undefined
  }
  const [speedOfLean, cpuOfRaw, cpuOfOurs] = [ratio('perSecond', 'lean'), ratio('cpu', 'raw'), ratio('cpu', 'ours')]
  return {
    perSecond: spread('perSecond'),
    cpu: spread('cpu'),
    p50: spread('p50'),
    p99: spread('p99'),
    ...(speedOfLean && { speedOfLean }),
    ...(cpuOfRaw && { cpuOfRaw }),
    ...(cpuOfOurs && { cpuOfOurs }),
  }
}

/** A line of the table. */
export function deliveryRow(one: DeliveryFigures): Record<string, string | number> {
  return {
    phase: one.phase as Phase,
    'in flight': one.inFlight,
    handler: one.subject,
    'per second': Math.round(one.perSecond.median),
    'of lean': one.speedOfLean ? inWords(one.speedOfLean) : '',
    'CPU µs': Math.round(one.cpu.median),
    'of raw': one.cpuOfRaw ? inWords(one.cpuOfRaw) : '',
    'of ours': one.cpuOfOurs ? inWords(one.cpuOfOurs) : '',
    'p50 ms': one.p50.median.toFixed(2),
    'p99 ms': one.p99.median.toFixed(2),
    commands: one.commands.toFixed(2),
    bytes: Math.round(one.bytes),
  }
}

/** The throughput of each handler, for the documentation. */
export function deliveryChart(figures: readonly DeliveryFigures[]): string {
  const label = ({ phase, inFlight }: DeliveryFigures) => `${phase}, ${inFlight} in flight`
  const groups = [...new Set(figures.map(label))].map((heading) => ({
    label: heading,
    bars: figures
      .filter((one) => label(one) === heading)
      .map(({ subject, perSecond }) => ({ label: subject, value: perSecond.median })),
  }))
  const server = figures[0]?.database === 'stub' ? ', with a database that answers at once' : ''
  return barChart(`Deliveries per second${server}`, groups)
}

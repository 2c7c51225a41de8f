import { runProgram } from '../shared/built'
import { inWords, ratioOf, type Spread, spreadOf } from '../shared/statistics'
import type { Question, Sample } from './measure'

/** What it costs to verify a delivery, over all rounds. */
export interface VerificationFigures {
  size: number
  isForged: boolean
  verifier: string
  /** CPU time in microseconds. */
  cpu: Spread
  /** CPU time divided by that of svix, in the same round. */
  cpuOfSvix: Spread
}

/** Measures verifiers one after the other in each round. */
export async function benchVerification(question: Question): Promise<VerificationFigures[]> {
  const samples = await runProgram<Sample[]>('verification/measure', question)
  const of = ({ verifier, size, isForged }: Omit<Sample, 'round'>) =>
    samples.filter((one) => one.verifier === verifier && one.size === size && one.isForged === isForged)
  return samples
    .filter(({ round }) => round === 0)
    .map((first) => {
      const { size, isForged, verifier } = first
      const own = of(first)
      const cpuOfSvix = ratioOf(own, of({ ...first, verifier: 'svix' }), 'cpu')
      return { size, isForged, verifier, cpu: spreadOf(own.map(({ cpu }) => cpu)), cpuOfSvix }
    })
}

/** A line of the table. */
export function verificationRow({ size, isForged, verifier, cpu, cpuOfSvix }: VerificationFigures) {
  return {
    bytes: size,
    delivery: isForged ? 'forged' : 'honest',
    verifier,
    'CPU µs': cpu.median.toFixed(1),
    'of svix': inWords(cpuOfSvix),
  }
}

/** A metric with its values, as Prometheus reads it. */
export interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  /** Values by labels. `suffix` is part of the name, as of a histogram's `_bucket`. */
  values: readonly { labels?: Readonly<Record<string, string>>; suffix?: string; value: number }[]
}

/** The content type of Prometheus' text format. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/** Writes metrics in Prometheus' text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ values }) => values.length > 0)
    .map(({ name, help, type, values }) => {
      const lines = values.map(({ labels = {}, suffix = '', value }) => `${name}${suffix}${labelsOf(labels)} ${value}`)
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
    })
    .join('')
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

const escaped = (character: string): string => (character === '\n' ? '\\n' : `\\${character}`)

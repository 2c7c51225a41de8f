import type { NextConfig } from 'next'

/** Types are checked with the rest of the tests. The packages this app is given are links, which lead out of its folder. */
const config: NextConfig = { turbopack: { root: '/' }, typescript: { ignoreBuildErrors: true } }

export default config

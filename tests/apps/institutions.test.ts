import { institutions } from './models/institutions'
import { runApps } from './run-apps'

runApps('apps_institutions', institutions)
